#include "engine/recovery.hpp"

#include "base/file.hpp"
#include "base/removal.hpp"
#include "engine/containers.hpp"
#include "engine/ids.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

namespace phial::engine {

namespace {

std::vector<std::string> names_in(const std::string& directory) {
  Result<std::vector<std::string>> names = list_directory(directory);
  return names ? std::move(*names) : std::vector<std::string>();
}

// One that was never finished has a name and volumes nobody else knows of.
void remove_unfinished(const Engine& engine, const std::string& path, const std::string& id) {
  if (Result<std::string> text = read_file(path + "/record.json"))
    if (Result<Record> record = parse_record(*text))
      (void)remove_anonymous_volumes(engine, *record);
  (void)drop_names(engine, id);
  (void)remove_tree_at(AT_FDCWD, path);
}

// The finished ones' ids.
std::vector<std::string> recover_directories(const Engine& engine) {
  std::string all = engine.root + "/containers";
  std::vector<std::string> names = names_in(all);
  std::erase_if(names, [&](const std::string& name) {
    bool unfinished = name.starts_with(kUnfinished);
    if (!unfinished && !name.starts_with(kGoing))
      return false;
    std::string path = all + "/" + name;
    Fd lock = try_lock_directory(path);
    if (lock && unfinished)
      remove_unfinished(engine, path, name.substr(kUnfinished.size()));
    else if (lock)
      (void)remove_tree_at(AT_FDCWD, path);
    return true;
  });
  return names;
}

void recover_states(const Engine& engine, const std::vector<std::string>& ids) {
  std::string all = engine.state + "/containers";
  for (const std::string& name : names_in(all)) {
    if (name.starts_with(kGoing)) {
      if (Fd lock = try_lock_directory(all + "/" + name))
        (void)remove_tree_at(AT_FDCWD, all + "/" + name);
      continue;
    }
    // A monitor on its way out removes the container first.
    if (!is_id(name) || std::ranges::binary_search(ids, name) || exists(places(engine, name).directory))
      continue;
    Result<Fd> alive = try_lock_file(all + "/" + name + "/alive");
    if (!alive || !*alive)
      continue;
    alive->reset();
    (void)heal(engine, name);
  }
}

} // namespace

Result<> remove_anonymous_volumes(const Engine& engine, const Record& record) {
  for (const RecordMount& mount : record.mounts)
    if (mount.anonymous)
      TRY(remove_tree_at(AT_FDCWD, engine.root + "/volumes/" + mount.name));
  return {};
}

void recover(const Engine& engine) {
  std::vector<std::string> ids = recover_directories(engine);
  recover_states(engine, ids);
  // Every container has its name before it is one, so more names than containers are worth a look.
  if (names_in(names_directory(engine)).size() > ids.size())
    drop_dangling_names(engine);
}

void recover_execs(const std::string& state) {
  for (const std::string& name : names_in(state)) {
    if (!name.starts_with("exec-"))
      continue;
    std::string path = state + "/" + name;
    Fd lock = try_lock_directory(path);
    if (!lock)
      continue;
    Result<Fd> alive = try_lock_file(path + "/alive");
    if (alive && *alive)
      (void)remove_tree_at(AT_FDCWD, path);
  }
}

} // namespace phial::engine
