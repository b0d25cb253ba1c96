#include "engine/containers.hpp"

#include "base/file.hpp"
#include "base/removal.hpp"
#include "engine/ids.hpp"
#include "engine/process.hpp"
#include "program/cgroup_removal.hpp"
#include "program/host.hpp"
#include "runtime/freezer.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>

namespace phial::engine {

Places places(const Engine& engine, std::string_view id) {
  return {engine.root + "/containers/" + std::string(id), engine.state + "/containers/" + std::string(id)};
}

std::string names_directory(const Engine& engine) {
  return engine.root + "/names";
}

Result<> make_places(const Engine& engine) {
  TRY(make_directories(engine.root + "/containers"));
  TRY(make_directories(names_directory(engine)));
  TRY(make_directories(engine.state + "/containers"));
  return {};
}

// ---- names ----------------------------------------------------------------------------------------------------------

namespace {

// Whether a container with that id is there or being made. In this order: it moves from the one to the other.
bool is_there(const Engine& engine, const std::string& id) {
  return exists(engine.root + "/containers/" + std::string(kUnfinished) + id) || exists(places(engine, id).directory);
}

// Links of others are removed under this lock alone: so none is removed that has been made anew meanwhile.
Result<Fd> lock_names(const Engine& engine) {
  Fd out = TRY(open_at(AT_FDCWD, names_directory(engine), O_RDONLY | O_DIRECTORY));
  while (::flock(out.get(), LOCK_EX) != 0)
    if (errno != EINTR)
      return fail_call("flock", names_directory(engine));
  return out;
}

} // namespace

Result<> take_name(const Engine& engine, const std::string& name, const std::string& id) {
  std::string link = names_directory(engine) + "/" + name;
  for (int attempt = 0; attempt < 3; ++attempt) {
    if (::symlink(id.c_str(), link.c_str()) == 0)
      return {};
    if (errno != EEXIST)
      return fail_call("symlink", link);
    Fd lock = TRY(lock_names(engine));
    Result<std::string> other = read_link(link);
    if (other && *other == id)
      return {};
    if (other && is_there(engine, *other))
      return fail(Kind::exists,
                  "the container name \"" + name + "\" is already in use by container " +
                      other->substr(0, kShortIdLength),
                  "remove it with `phial rm " + name + "`, rename it, or take another name");
    ::unlink(link.c_str());
  }
  return fail(Kind::exists, "the container name \"" + name + "\" is already in use");
}

void drop_dangling_names(const Engine& engine) {
  Result<Fd> lock = lock_names(engine);
  Result<std::vector<std::pair<std::string, std::string>>> names = all_names(engine);
  if (!lock || !names)
    return;
  for (const auto& [name, id] : *names)
    if (!is_there(engine, id))
      ::unlink((names_directory(engine) + "/" + name).c_str());
}

Result<std::vector<std::pair<std::string, std::string>>> all_names(const Engine& engine) {
  std::vector<std::pair<std::string, std::string>> out;
  Result<std::vector<std::string>> links = list_directory(names_directory(engine));
  if (!links) {
    if (links.error().kind == Kind::not_found)
      return out;
    return std::unexpected(std::move(links).error());
  }
  for (std::string& name : *links) {
    Result<std::string> id = read_link(names_directory(engine) + "/" + name);
    if (id && is_id(*id))
      out.emplace_back(std::move(name), std::move(*id));
    else if (!id && id.error().number != ENOENT && id.error().number != EINVAL) // gone meanwhile, or no link
      return std::unexpected(std::move(id).error());
  }
  return out;
}

Result<> drop_names(const Engine& engine, const std::string& id, std::string_view keep) {
  for (const auto& [name, target] : TRY(all_names(engine))) {
    std::string link = names_directory(engine) + "/" + name;
    if (target == id && name != keep && ::unlink(link.c_str()) != 0 && errno != ENOENT)
      return fail_call("unlink", link);
  }
  return {};
}

Result<std::string> resolve(std::string_view reference, const std::vector<std::pair<std::string, std::string>>& names,
                            const std::vector<std::string>& ids) {
  if (is_id(reference) && std::ranges::find(ids, reference) != ids.end())
    return std::string(reference);
  for (const auto& [name, id] : names)
    if (name == reference && std::ranges::find(ids, id) != ids.end())
      return id;
  const std::string* found = nullptr;
  if (may_be_id(reference))
    for (const std::string& id : ids) {
      if (!id.starts_with(reference))
        continue;
      if (found != nullptr)
        return fail(Kind::usage, "\"" + std::string(reference) + "\" is the beginning of more than one container's id",
                    "give more of the id");
      found = &id;
    }
  if (found == nullptr)
    return fail(Kind::not_found, "no such container: " + std::string(reference), "`phial ps -a` lists them all");
  return *found;
}

// ---- records --------------------------------------------------------------------------------------------------------

namespace {

Result<std::vector<std::string>> all_ids(const Engine& engine) {
  Result<std::vector<std::string>> ids = list_directory(engine.root + "/containers");
  if (!ids) {
    if (ids.error().kind == Kind::not_found)
      return std::vector<std::string>();
    return ids;
  }
  std::erase_if(*ids, [](const std::string& id) { return !is_id(id); });
  return ids;
}

// Nothing where there is no such file. What enters a container has to know its cgroup: it would be without limits.
Result<> add_cgroup(const Engine& engine, Container& container) {
  Result<std::string> order = read_file(places(engine, container.record.id).state + "/order");
  if (!order && order.error().kind == Kind::not_found)
    return {};
  container.cgroup = TRY(parse_order(TRY(std::move(order)))).cgroup;
  return {};
}

// What the records and the kernel say of the last run.
Result<> add_run(const Engine& engine, Container& container) {
  Places place = places(engine, container.record.id);
  Result<std::string> started = read_file(place.directory + "/started");
  if (!started && started.error().kind != Kind::not_found) // never "not running" of one that may run
    return std::unexpected(std::move(started).error());
  if (started) {
    container.running = TRY(parse_running(*started), "read " + place.directory + "/started");
    container.started_at = container.running.started;
    container.status = Status::exited;
  }
  Result<std::string> text = read_file(place.directory + "/exit");
  if (!text && text.error().kind != Kind::not_found)
    return std::unexpected(std::move(text).error());
  if (text) {
    if (Result<Exit> exit = parse_exit(*text)) {
      container.exit_code = exit->code;
      container.oom_killed = exit->oom_killed;
      container.error = exit->error;
      container.finished_at = exit->finished;
      return {};
    }
  }
  if (!started || container.running.pid == 0)
    return {};
  Fd process = TRY(open_container_process(container.running));
  bool alive = process && !has_ended(process.get());
  // Ended, but its monitor has yet to say how.
  Fd monitor = alive ? Fd() : TRY(open_monitor(container.running));
  if (!alive && monitor && !has_ended(monitor.get()) && !exists(place.directory + "/exit"))
    alive = true;
  if (!alive) {
    if (exists(place.directory + "/exit"))
      return add_run(engine, container); // it was written between our two looks
    container.error = "the exit status is not known: the container's monitor was killed";
    return {};
  }
  TRY(add_cgroup(engine, container));
  container.status = runtime::is_frozen(container.cgroup) ? Status::paused : Status::running;
  container.pid = container.running.pid;
  return {};
}

} // namespace

Result<Container> load(const Engine& engine, const std::string& id, std::string name) {
  Container out;
  std::string path = places(engine, id).directory + "/record.json";
  Result<std::string> record = read_file(path);
  if (!record && record.error().kind == Kind::not_found) // one that removes itself may be gone at any moment
    return fail(Kind::not_found, "no such container: " + (name.empty() ? id.substr(0, kShortIdLength) : name));
  out.record = TRY(parse_record(TRY(std::move(record))), "read " + path);
  out.name = name.empty() ? out.record.name : std::move(name);
  TRY(add_run(engine, out));
  return out;
}

Result<Container> find_damaged(const Engine& engine, std::string_view reference) {
  Container out;
  out.record.id = TRY(resolve(reference, TRY(all_names(engine)), TRY(all_ids(engine))));
  out.name = reference;
  Result<> run = add_run(engine, out);
  if (!run && run.error().kind != Kind::input)
    return std::unexpected(std::move(run).error());
  if (!run) // which process it is cannot be told, but in which cgroup
    TRY(add_cgroup(engine, out));
  return out;
}

Result<Container> find(const Engine& engine, std::string_view reference) {
  auto names = TRY(all_names(engine));
  std::string id = TRY(resolve(reference, names, TRY(all_ids(engine))));
  std::string name;
  for (const auto& [candidate, target] : names)
    if (target == id && (name.empty() || candidate == reference))
      name = candidate;
  Result<Container> out = load(engine, id, name);
  if (!out && out.error().kind == Kind::not_found)
    return fail(Kind::not_found, "no such container: " + std::string(reference),
                "its record is gone; `phial rm -f " + std::string(reference) + "` removes what is left");
  return out;
}

Result<std::vector<Container>> list(const Engine& engine, std::vector<std::string>* problems) {
  auto names = TRY(all_names(engine));
  std::vector<Container> out;
  for (const std::string& id : TRY(all_ids(engine))) {
    auto link = std::ranges::find(names, id, &std::pair<std::string, std::string>::second);
    Result<Container> container = load(engine, id, link == names.end() ? std::string() : link->first);
    if (container)
      out.push_back(std::move(*container));
    else if (problems != nullptr && container.error().kind != Kind::not_found)
      problems->push_back(container.error().text());
  }
  std::ranges::sort(out, [](const Container& a, const Container& b) { return a.record.created > b.record.created; });
  return out;
}

Result<Fd> lock_container(const Engine& engine, const std::string& id) {
  Result<Fd> lock = lock_file(places(engine, id).directory + "/lock");
  if (!lock && lock.error().kind == Kind::not_found)
    return fail(Kind::not_found, "no such container: " + id.substr(0, kShortIdLength));
  return lock;
}

Result<> end_in_cgroups(const runtime::CgroupPaths& cgroup) {
  for (const std::string& directory : cgroup.directories)
    if (long result = program::remove_cgroup(directory.c_str()); result < 0)
      return fail_call("rmdir", directory, static_cast<int>(-result));
  return {};
}

namespace {

Result<> remove_cgroups(const Engine& engine, const std::string& id) {
  Container container;
  container.record.id = id;
  TRY(add_cgroup(engine, container));
  return end_in_cgroups(container.cgroup);
}

} // namespace

Result<> heal(const Engine& engine, const std::string& id) {
  Places place = places(engine, id);
  if (!exists(place.state))
    return {};
  // The monitor holds this as long as it lives; when we have it there is none.
  Result<Fd> alive = lock_file(place.state + "/alive");
  if (!alive) {
    if (alive.error().kind == Kind::not_found)
      return {};
    return std::unexpected(std::move(alive).error());
  }
  Result<std::string> program = read_file(place.state + "/program");
  Result<std::string> journal = read_file(place.state + "/journal");
  for (const auto* file : {&program, &journal})
    if (!*file && file->error().kind != Kind::not_found)
      return std::unexpected(file->error());
  if (program) {
    Result<> undone = program::undo_image(*program, journal ? *journal : std::string());
    if (!undone && undone.error().kind == Kind::input) // damaged, or half written: then nothing was done by it
      undone = remove_cgroups(engine, id);
    TRY(std::move(undone), "undo what a killed monitor left");
  }
  return remove_whole(place.state);
}

} // namespace phial::engine
