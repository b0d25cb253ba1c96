#include "base/file.hpp"
#include "engine/log_reader.hpp"
#include "engine/log_writer.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>

namespace phial::engine {
namespace {

// A directory of its own, gone at the end.
class Log : public testing::Test {
protected:
  Log() {
    char name[] = "/tmp/phial-log-XXXXXX";
    directory_ = ::mkdtemp(name);
    fd_ = Fd(::open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }
  ~Log() override { (void)remove_tree_at(AT_FDCWD, directory_); }

  // What `logs` would print, both streams into one file.
  std::string read(LogQuery query) {
    Fd out(::memfd_create("out", MFD_CLOEXEC));
    Result<> done = read_log(directory_, query, -1, out.get(), out.get());
    EXPECT_TRUE(done) << done.error().text();
    ::lseek(out.get(), 0, SEEK_SET);
    return *read_all(out.get());
  }
  LogWriter writer(std::uint64_t size = 0, std::uint32_t files = 3) {
    LogWriter out;
    EXPECT_TRUE(out.open(fd_.get(), size, files));
    return out;
  }

  std::string directory_;
  Fd fd_;
};

TEST(LogFormat, SplitsAtNewlinesAndAtItsLimit) {
  std::string bytes = "one\n\n" + std::string(kLogText + 5, 'x') + "\nend";
  std::string_view left = bytes;
  bool whole = false;
  EXPECT_EQ(next_log_text(left, whole), "one");
  EXPECT_TRUE(whole);
  EXPECT_EQ(next_log_text(left, whole), "");
  EXPECT_TRUE(whole);
  EXPECT_EQ(next_log_text(left, whole).size(), kLogText);
  EXPECT_FALSE(whole);
  EXPECT_EQ(next_log_text(left, whole), "xxxxx");
  EXPECT_TRUE(whole);
  EXPECT_EQ(next_log_text(left, whole), "end");
  EXPECT_FALSE(whole);
  EXPECT_TRUE(left.empty());
}

TEST(LogFormat, ALineOfExactlyTheLimitIsWhole) {
  std::string bytes = std::string(kLogText, 'x') + "\n";
  std::string_view left = bytes;
  bool whole = false;
  EXPECT_EQ(next_log_text(left, whole).size(), kLogText);
  EXPECT_TRUE(whole);
  EXPECT_TRUE(left.empty());
}

TEST(LogFormat, RefusesForeignLines) {
  EXPECT_TRUE(parse_log_line("2026-11-22T12:20:52.123456789Z stdout F hello"));
  EXPECT_TRUE(parse_log_line("2026-11-22T12:20:52.123456789Z stderr P "));
  EXPECT_FALSE(parse_log_line("2026-11-22T12:20:52.123456789Z stdxxx F hello"));
  EXPECT_FALSE(parse_log_line("2026-11-22T12:20:52.123456789Z stdout X hello"));
  EXPECT_FALSE(parse_log_line("2026-11-22T12:20"));
  EXPECT_FALSE(parse_log_line(""));
}

TEST_F(Log, GivesBackWhatWasWritten) {
  LogWriter log = writer();
  std::string nul("a\0b\n", 4);
  log.write(Stream::output, "hello\nwor", 1);
  log.write(Stream::output, "ld\n" + nul, 2);
  log.write(Stream::output, "no newline", 3);
  EXPECT_EQ(read({}), "hello\nworld\n" + nul + "no newline");
}

TEST_F(Log, KeepsTheStreamsApart) {
  LogWriter log = writer();
  log.write(Stream::output, "out\n", 1);
  log.write(Stream::errors, "err\n", 2);
  Fd out(::memfd_create("out", MFD_CLOEXEC));
  ASSERT_TRUE(read_log(directory_, {}, -1, -1, out.get()));
  ::lseek(out.get(), 0, SEEK_SET);
  EXPECT_EQ(*read_all(out.get()), "err\n");
  EXPECT_EQ(read({}), "out\nerr\n");
}

TEST_F(Log, Tail) {
  LogWriter log = writer();
  std::string all;
  for (int i = 0; i < 5000; ++i)
    all += "line " + std::to_string(i) + "\n";
  log.write(Stream::output, all, 1);
  EXPECT_EQ(read({.tail = 2}), "line 4998\nline 4999\n");
  EXPECT_EQ(read({.tail = 0}), "");
  EXPECT_EQ(read({.tail = 5000}), all);
  EXPECT_EQ(read({.tail = 5001}), all);
  EXPECT_EQ(read({.tail = 4999}), all.substr(all.find('\n') + 1));
}

TEST_F(Log, TailCountsALineInPartsOnce) {
  LogWriter log = writer();
  log.write(Stream::output, "first\nsec", 1);
  log.write(Stream::output, "ond\nlast", 1);
  EXPECT_EQ(read({.tail = 2}), "second\nlast");
  EXPECT_EQ(read({.tail = 1}), "last");
}

TEST_F(Log, RotatesAndReadsAcross) {
  LogWriter log = writer(700, 3);
  std::string all;
  for (int i = 0; i < 40; ++i) {
    std::string line = "line " + std::to_string(100 + i) + "\n";
    all += line;
    log.write(Stream::output, line, i);
  }
  EXPECT_TRUE(exists(directory_ + "/container.log.2"));
  EXPECT_FALSE(exists(directory_ + "/container.log.3"));
  EXPECT_EQ(read({}), all); // 40 records of 50 bytes fit in 3 files of 700
  EXPECT_EQ(read({.tail = 30}), all.substr(10 * 9));
  for (int i = 0; i < 400; ++i)
    log.write(Stream::output, "more\n", 50);
  std::string kept = read({});
  EXPECT_LT(kept.size(), 400U * 5);
  EXPECT_GE(kept.size(), 30U * 5);
}

TEST_F(Log, ATruncatedLineCostsOnlyItself) {
  {
    LogWriter log = writer();
    log.write(Stream::output, "one\ntwo\n", 1);
  }
  struct stat status{};
  std::string path = directory_ + "/container.log";
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  ASSERT_EQ(::truncate(path.c_str(), status.st_size - 20), 0);
  LogWriter log = writer();
  log.write(Stream::output, "three\n", 2);
  EXPECT_EQ(read({}), "one\nthree\n");
}

TEST_F(Log, TimesLimitAndPrefix) {
  LogWriter log = writer();
  log.write(Stream::output, "one\n", 1 * kSecond);
  log.write(Stream::output, "two\n", 2 * kSecond);
  log.write(Stream::output, "three\n", 3 * kSecond);
  EXPECT_EQ(read({.since = 2 * kSecond, .until = 2 * kSecond}), "two\n");
  EXPECT_EQ(read({.timestamps = true, .tail = 1}), "1970-01-01T00:00:03.000000000Z three\n");
}

} // namespace
} // namespace phial::engine
