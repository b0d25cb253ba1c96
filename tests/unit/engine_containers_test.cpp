#include "base/clock.hpp"
#include "base/file.hpp"
#include "base/removal.hpp"
#include "engine/containers.hpp"
#include "engine/ids.hpp"
#include "engine/process.hpp"
#include "engine/recovery.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

namespace phial::engine {
namespace {

class Containers : public testing::Test {
protected:
  Containers() {
    char name[] = "/tmp/phial-engine-XXXXXX";
    base_ = ::mkdtemp(name);
    engine_ = {base_ + "/root", base_ + "/state", "/nowhere"};
    EXPECT_TRUE(make_places(engine_));
  }
  ~Containers() override { (void)remove_tree_at(AT_FDCWD, base_); }

  std::string add(const std::string& name, char digit) {
    Record record;
    record.id = std::string(kIdLength, digit);
    record.name = name;
    record.created = digit;
    EXPECT_TRUE(make_directories(places(engine_, record.id).directory));
    EXPECT_TRUE(write_file_atomically(places(engine_, record.id).directory + "/record.json", record_json(record)));
    EXPECT_TRUE(take_name(engine_, name, record.id));
    return record.id;
  }
  void write(const std::string& id, const std::string& file, const std::string& text) {
    EXPECT_TRUE(write_file_atomically(places(engine_, id).directory + "/" + file, text));
  }
  Running ourselves() {
    Running out;
    out.pid = out.monitor = ::getpid();
    out.pid_start = out.monitor_start = *kernel::start_time_of(::getpid());
    out.boot = *kernel::boot_id();
    out.started = now();
    return out;
  }

  std::string base_;
  Engine engine_;
};

TEST_F(Containers, AreFoundByNameAndByTheBeginningOfTheirId) {
  std::string a = add("web", 'a');
  add("db", 'b');
  EXPECT_EQ(find(engine_, "web")->record.id, a);
  EXPECT_EQ(find(engine_, a)->name, "web");
  EXPECT_EQ(find(engine_, "aaa")->name, "web");
  EXPECT_EQ(find(engine_, "nothing").error().kind, Kind::not_found);
  EXPECT_EQ(find(engine_, "").error().kind, Kind::not_found);
  auto all = list(engine_);
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 2U);
  EXPECT_EQ((*all)[0].name, "db");
}

TEST(Resolve, AmbiguousBeginningsAreRefused) {
  std::vector<std::string> ids = {std::string(kIdLength, 'a'), std::string(63, 'a') + "b"};
  EXPECT_EQ(resolve("aa", {}, ids).error().kind, Kind::usage);
  EXPECT_EQ(*resolve(ids[1], {}, ids), ids[1]);
  // A name goes before the beginning of an id.
  EXPECT_EQ(*resolve("aa", {{"aa", ids[1]}}, ids), ids[1]);
}

TEST_F(Containers, ANameBelongsToOne) {
  std::string a = add("web", 'a');
  EXPECT_EQ(take_name(engine_, "web", std::string(kIdLength, 'b')).error().kind, Kind::exists);
  EXPECT_TRUE(take_name(engine_, "web", a));
  // The link of a container that is gone is taken over.
  ASSERT_TRUE(remove_tree_at(AT_FDCWD, places(engine_, a).directory));
  EXPECT_TRUE(take_name(engine_, "web", std::string(kIdLength, 'b')));
}

TEST_F(Containers, RenameMovesTheName) {
  add("web", 'a');
  add("db", 'b');
  EXPECT_EQ(rename(engine_, "web", "db").error().kind, Kind::exists);
  EXPECT_EQ(rename(engine_, "web", "a/b").error().kind, Kind::usage);
  ASSERT_TRUE(rename(engine_, "web", "www"));
  EXPECT_EQ(find(engine_, "www")->record.id, std::string(kIdLength, 'a'));
  EXPECT_FALSE(find(engine_, "web"));
}

TEST_F(Containers, TheirStateIsWhatTheKernelSays) {
  std::string id = add("web", 'a');
  EXPECT_EQ(find(engine_, id)->status, Status::created);
  Running running = ourselves();
  write(id, "started", running_text(running));
  EXPECT_EQ(find(engine_, id)->status, Status::running);
  EXPECT_EQ(find(engine_, id)->pid, ::getpid());
  // Another process has the number by now.
  Running stranger = running;
  stranger.pid_start += 1;
  stranger.monitor_start += 1;
  write(id, "started", running_text(stranger));
  Container lost = *find(engine_, id);
  EXPECT_EQ(lost.status, Status::exited);
  EXPECT_FALSE(lost.exit_code);
  EXPECT_EQ(lost.status_text(now()), "Exited (unknown)");
  // Before the last boot.
  Running old = running;
  old.boot = "another";
  write(id, "started", running_text(old));
  EXPECT_EQ(find(engine_, id)->status, Status::exited);
  // A record that is there is true.
  write(id, "exit", exit_text({.code = 3, .finished = now(), .oom_killed = false, .error = {}}));
  EXPECT_EQ(find(engine_, id)->exit_code, 3);
}

TEST_F(Containers, AnEndedProcessWhoseMonitorLivesIsStillRunning) {
  std::string id = add("web", 'a');
  Running running = ourselves();
  pid_t child = ::fork();
  if (child == 0)
    ::_exit(0);
  running.pid = child;
  running.pid_start = *kernel::start_time_of(child);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  write(id, "started", running_text(running));
  EXPECT_EQ(find(engine_, id)->status, Status::running);
  write(id, "exit", exit_text({.code = 0, .finished = 1, .oom_killed = false, .error = {}}));
  EXPECT_EQ(find(engine_, id)->status, Status::exited);
}

TEST_F(Containers, RemoveLeavesNothing) {
  std::string id = add("web", 'a');
  ASSERT_TRUE(make_directories(places(engine_, id).state));
  EXPECT_EQ(*remove(engine_, "web", false, false), id);
  EXPECT_FALSE(exists(places(engine_, id).directory));
  EXPECT_FALSE(exists(places(engine_, id).state));
  EXPECT_TRUE(list_directory(names_directory(engine_))->empty());
  EXPECT_TRUE(list_directory(engine_.root + "/containers")->empty());
}

TEST_F(Containers, WhatKilledProcessesLeftIsRecovered) {
  std::string all = engine_.root + "/containers/";
  std::string whole = add("web", 'a');
  // Made half: its record names a volume of its own, and it has its name already.
  std::string half(kIdLength, 'b');
  Record record;
  record.id = half;
  RecordMount volume;
  volume.type = "volume";
  volume.name = "own";
  volume.anonymous = true;
  record.mounts.push_back(volume);
  ASSERT_TRUE(make_directories(all + "unfinished-" + half));
  ASSERT_TRUE(write_file_atomically(all + "unfinished-" + half + "/record.json", record_json(record)));
  ASSERT_TRUE(make_directories(engine_.root + "/volumes/own/_data"));
  ASSERT_TRUE(take_name(engine_, "half", half));
  EXPECT_EQ(take_name(engine_, "half", whole).error().kind, Kind::exists);
  // Removed half; a state without a container; one that is being made by somebody.
  ASSERT_TRUE(make_directories(all + "going-" + std::string(kIdLength, 'c') + "/upper"));
  ASSERT_TRUE(make_directories(engine_.state + "/containers/" + std::string(kIdLength, 'd')));
  ASSERT_TRUE(make_directories(places(engine_, whole).state));
  Fd making = *make_locked_directory(all + "unfinished-" + std::string(kIdLength, 'e'));
  ASSERT_TRUE(take_name(engine_, "being-made", std::string(kIdLength, 'e')));
  recover(engine_);
  EXPECT_EQ(*list_directory(engine_.root + "/containers"),
            (std::vector<std::string>{whole, "unfinished-" + std::string(kIdLength, 'e')}));
  EXPECT_EQ(*list_directory(names_directory(engine_)), (std::vector<std::string>{"being-made", "web"}));
  EXPECT_TRUE(list_directory(engine_.root + "/volumes")->empty());
  EXPECT_EQ(*list_directory(engine_.state + "/containers"), (std::vector<std::string>{whole}));
  // The link of one whose directory is gone altogether.
  making.reset();
  ASSERT_TRUE(remove_tree_at(AT_FDCWD, all + "unfinished-" + std::string(kIdLength, 'e')));
  recover(engine_);
  EXPECT_EQ(*list_directory(names_directory(engine_)), (std::vector<std::string>{"web"}));
}

TEST_F(Containers, ADamagedRecordIsToldAndDoesNotHideTheOthers) {
  std::string id = add("web", 'a');
  add("db", 'b');
  write(id, "record.json", "{");
  std::vector<std::string> problems;
  auto all = list(engine_, &problems);
  ASSERT_TRUE(all);
  EXPECT_EQ(all->size(), 1U);
  EXPECT_EQ(problems.size(), 1U);
}

TEST(StatusText, IsDockers) {
  Container container;
  EXPECT_EQ(container.status_text(0), "Created");
  container.status = Status::running;
  container.started_at = 10 * kSecond;
  EXPECT_EQ(container.status_text(13 * kSecond), "Up 3 seconds");
  container.status = Status::paused;
  EXPECT_EQ(container.status_text(13 * kSecond), "Up 3 seconds (Paused)");
  container.status = Status::exited;
  container.exit_code = 137;
  container.finished_at = 20 * kSecond;
  EXPECT_EQ(container.status_text(140 * kSecond), "Exited (137) 2 minutes ago");
  container.oom_killed = true;
  EXPECT_EQ(container.status_text(140 * kSecond), "Exited (137) 2 minutes ago, out of memory");
}

} // namespace
} // namespace phial::engine
