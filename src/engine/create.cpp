// create(), plan() and run(): from what was asked for to a container's directory.
#include "engine/create.hpp"

#include "base/clock.hpp"
#include "base/file.hpp"
#include "base/removal.hpp"
#include "base/text.hpp"
#include "engine/host_config.hpp"
#include "engine/ids.hpp"
#include "engine/network_files.hpp"
#include "engine/recovery.hpp"
#include "engine/session.hpp"
#include "engine/start.hpp"
#include "engine/volumes.hpp"
#include "engine/world.hpp"
#include "spec/writer.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace phial::engine {

namespace {

Result<std::string> choose_name(const Engine& engine, const RunOptions& options) {
  if (!options.name.empty()) {
    TRY(check_name(options.name));
    return options.name;
  }
  for (unsigned attempt = 0;; ++attempt) {
    std::string name = TRY(random_name(attempt));
    struct stat status{};
    if (::lstat((names_directory(engine) + "/" + name).c_str(), &status) != 0)
      return name;
  }
}

std::string log_driver_name(LogRequest::Driver driver) {
  switch (driver) {
  case LogRequest::Driver::json_file: return "json-file";
  case LogRequest::Driver::k8s_file: return "k8s-file";
  case LogRequest::Driver::none: return "none";
  }
  return "json-file";
}

std::vector<std::pair<std::string, std::string>> merge_labels(const RunOptions& options, const ImageFacts& image) {
  std::vector<std::pair<std::string, std::string>> out = image.config.labels;
  for (const KeyValue& label : options.labels) {
    std::erase_if(out, [&](const auto& known) { return known.first == label.key; });
    out.emplace_back(label.key, label.value);
  }
  std::ranges::sort(out);
  return out;
}

Record make_record(const RunOptions& options, const ImageFacts& image, const Specified& specified, std::string id,
                   std::string name) {
  Record out;
  out.id = std::move(id);
  out.name = std::move(name);
  out.created = now();
  out.image = options.image;
  out.image_id = image.image.id.text();
  out.layers = image.layers;
  out.entrypoint = specified.entrypoint;
  out.command = specified.command;
  out.labels = merge_labels(options, image);
  out.mounts = specified.mounts;
  out.tty = options.tty;
  out.interactive = options.interactive;
  out.remove = options.remove;
  out.init = options.init;
  out.privileged = options.security.privileged;
  out.standard_seccomp = options.security.seccomp == SecurityRequest::Seccomp::standard && !out.privileged;
  out.stop_signal = specified.stop_signal;
  out.stop_timeout = specified.stop_timeout;
  out.log_driver = log_driver_name(options.log.driver);
  out.log_max_size = options.log.max_size.value_or(out.log_max_size);
  out.log_max_files = options.log.max_file.value_or(out.log_max_files);
  out.network_mode = specified.network_mode;
  out.cgroup = (options.cgroup_parent.empty() ? "/phial" : options.cgroup_parent) + "/" + out.id;
  if (out.cgroup[0] != '/')
    out.cgroup.insert(0, "/");
  for (const Reason& reason : specified.reasons)
    out.reasons.emplace_back(reason.field, reason.text);
  for (const GivenFlag& flag : options.given)
    out.given.emplace_back(flag.name, flag.text);
  out.host_config = host_config_json(options, out);
  return out;
}

Result<Prepared> prepare(const Engine& engine, const RunOptions& options) {
  Prepared out;
  out.image = TRY(find_image_facts(engine, options));
  std::string id = TRY(new_id());
  out.world = TRY(gather_world(engine, options, out.image, id));
  Specified specified = TRY(specify(options, out.image.config, out.world));
  std::string name = TRY(choose_name(engine, options));
  out.record = make_record(options, out.image, specified, std::move(id), std::move(name));
  out.spec = std::move(specified.spec);
  out.warnings = std::move(specified.warnings);
  return out;
}

// --mount refuses a source that is not there, -v makes a directory of it.
Result<> check_sources(const RunOptions& options) {
  for (const MountRequest& mount : options.mounts) {
    if (mount.type != MountRequest::Type::bind || exists(mount.source))
      continue;
    if (!mount.create_source)
      return fail(Kind::usage, "the bind mount's source " + mount.source + " does not exist",
                  "make it first, or use -v, which makes a directory");
    TRY(make_directories(mount.source, 0755));
  }
  return {};
}

struct Owned {
  uid_t uid = 0;
  gid_t gid = 0;
  mode_t mode = 0755;
};

// The writable layer's root stands for the container's /, so it has the mode and the owner of the image's.
Owned upper_owner(const std::vector<std::string>& layers) {
  struct stat status{};
  if (layers.empty() || ::stat(layers.back().c_str(), &status) != 0)
    return {};
  return {status.st_uid, status.st_gid, static_cast<mode_t>(status.st_mode & 07777)};
}

Result<> make_upper(const std::string& directory, const std::vector<std::string>& layers) {
  Owned owned = upper_owner(layers);
  std::string upper = directory + "/upper";
  if (::mkdir(upper.c_str(), 0700) != 0 || ::mkdir((directory + "/work").c_str(), 0700) != 0)
    return fail_call("mkdir", upper);
  // allow naked-mount: the engine's own directory, before there is a container
  if (::chown(upper.c_str(), owned.uid, owned.gid) != 0)
    return fail_call("chown", upper);
  if (::chmod(upper.c_str(), owned.mode) != 0)
    return fail_call("chmod", upper);
  return {};
}

// The record first: it tells recover() which volumes are the container's own.
Result<> fill_directory(const Engine& engine, const std::string& directory, const RunOptions& options,
                        Prepared& prepared) {
  TRY(write_file_atomically(directory + "/record.json", record_json(prepared.record)));
  TRY(make_volumes(options, prepared.image, prepared.world));
  TRY(make_upper(directory, prepared.record.layers));
  TRY(write_network_files(directory, network_files(options, prepared.spec)));
  TRY(write_file_atomically(directory + "/config.json", to_text(spec::to_json(prepared.spec)) + "\n"));
  // A name of our own choice that somebody else has taken since we looked: another.
  constexpr unsigned kAttempts = 20;
  for (unsigned attempt = 1;; ++attempt) {
    Result<> taken = take_name(engine, prepared.record.name, prepared.record.id);
    if (taken || !options.name.empty() || taken.error().kind != Kind::exists || attempt == kAttempts)
      return taken;
    prepared.record.name = TRY(random_name(attempt));
    TRY(write_file_atomically(directory + "/record.json", record_json(prepared.record)));
  }
}

// Built beside its place, with all that belongs to it, and moved there whole: only then it is a container. Returns its
// lock, taken from its beginning.
Result<Fd> make_directory(const Engine& engine, const RunOptions& options, Prepared& prepared) {
  recover(engine);
  const std::string& id = prepared.record.id;
  std::string final = places(engine, id).directory;
  std::string building = engine.root + "/containers/" + std::string(kUnfinished) + id;
  Fd making = TRY(make_locked_directory(building));
  Result<Fd> lock = lock_file(building + "/lock");
  Result<> filled = lock ? fill_directory(engine, building, options, prepared) : std::unexpected(lock.error());
  if (filled && ::rename(building.c_str(), final.c_str()) != 0)
    filled = fail_call("rename", final);
  if (filled)
    return lock;
  (void)drop_names(engine, id);
  (void)remove_anonymous_volumes(engine, prepared.record);
  (void)remove_tree_at(AT_FDCWD, building);
  return std::unexpected(std::move(filled).error());
}

Result<> refuse_used_name(const Engine& engine, const RunOptions& options) {
  if (options.name.empty())
    return {};
  Result<std::string> id = read_link(names_directory(engine) + "/" + options.name);
  if (!id || !exists(places(engine, *id).directory))
    return {};
  return fail(Kind::exists,
              "the container name \"" + options.name + "\" is already in use by container " +
                  id->substr(0, kShortIdLength),
              "remove it with `phial rm " + options.name + "`, rename it, or take another name");
}

struct Made {
  Prepared prepared;
  Fd lock;
};

Result<Made> make(const Engine& engine, const RunOptions& options) {
  TRY(check_descriptors());
  TRY(make_places(engine));
  TRY(refuse_used_name(engine, options));
  Made out;
  out.prepared = TRY(prepare(engine, options));
  TRY(check_sources(options));
  out.lock = TRY(make_directory(engine, options, out.prepared));
  return out;
}

} // namespace

Plan::Plan() = default;
Plan::Plan(Plan&&) noexcept = default;
Plan& Plan::operator=(Plan&&) noexcept = default;
Plan::~Plan() = default;

namespace {

// What create() does before the program runs, as a person would do it in a shell.
Preparing preparing(const std::string& directory, const RunOptions& options, const Prepared& prepared) {
  Preparing out;
  Owned owned = upper_owner(prepared.record.layers);
  char mode[8];
  std::snprintf(mode, sizeof mode, "%04o", owned.mode);
  out.shell = "mkdir -p -m 0700 " + shell_quote(directory) + "\ncd " + shell_quote(directory) +
              "\nmkdir -p upper work\nchown " + std::to_string(owned.uid) + ":" + std::to_string(owned.gid) +
              " upper\nchmod " + mode + " upper\n";
  for (const NetworkFile& file : network_files(options, prepared.spec))
    out.shell += "printf %s " + shell_quote(file.text) + " > " + file.name + "\n";
  for (const MountRequest& mount : options.mounts)
    if (mount.type == MountRequest::Type::bind && mount.create_source && !exists(mount.source)) {
      out.shell += "mkdir -p " + shell_quote(mount.source) + "\n";
      out.directories.push_back(mount.source);
    }
  out.shell += volumes_shell(options, prepared.image, prepared.world) + "cd /";
  out.undo = "rm -rf " + shell_quote(directory);
  return out;
}

} // namespace

Result<Plan> plan(const Engine& engine, const RunOptions& options) {
  Prepared prepared = TRY(prepare(engine, options));
  Plan out;
  Preparing before = preparing(places(engine, prepared.record.id).directory, options, prepared);
  out.program =
      std::make_unique<program::Program>(TRY(compile(engine, prepared.record, prepared.spec, &before)).program);
  out.spec = std::make_unique<spec::Spec>(std::move(prepared.spec));
  out.id = prepared.record.id;
  out.name = prepared.record.name;
  out.warnings = std::move(prepared.warnings);
  return out;
}

Result<Created> create(const Engine& engine, const RunOptions& options) {
  Made made = TRY(make(engine, options));
  return Created{made.prepared.record.id, made.prepared.record.name, std::move(made.prepared.warnings)};
}

Result<Ending> run(const Engine& engine, const RunOptions& options, const Streams& streams,
                   void (*on_created)(void* context, const Created& created), void* context) {
  TRY(check_descriptors());
  if (streams.attach)
    TRY(check_terminal(options.tty, options.interactive));
  SignalDoor signals = TRY(SignalDoor::open(streams.attach && streams.signal_proxy));
  Made made = TRY(make(engine, options));
  const Record& record = made.prepared.record;
  if (on_created != nullptr)
    on_created(context, {record.id, record.name, made.prepared.warnings});
  Container container;
  container.record = record;
  container.name = record.name;
  Result<Started> started = start_container(engine, container, made.prepared.spec, streams, std::move(made.lock));
  if (!started) {
    if (options.remove)
      (void)remove(engine, record.id, true, true);
    return std::unexpected(std::move(started).error());
  }
  return follow_started(engine, record, made.prepared.spec, std::move(*started), signals, streams);
}

} // namespace phial::engine
