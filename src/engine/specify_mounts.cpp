// Specifying: the mounts every container has, those that were asked for, the image's volumes, masked paths.
#include "base/text.hpp"
#include "engine/specify.hpp"

#include <algorithm>

namespace phial::engine {

std::vector<std::string> uncovered_volumes(const RunOptions& options, const image::ImageConfig& image) {
  std::vector<std::string> out;
  for (const std::string& volume : image.volumes)
    if (std::ranges::none_of(options.mounts, [&](const MountRequest& mount) { return mount.destination == volume; }))
      out.push_back(volume);
  return out;
}

namespace specifying {

namespace {

using From = NamespaceRequest::From;
using Options = std::vector<std::string>;

constexpr std::uint64_t kShmSize = std::uint64_t{64} << 20;

constexpr std::string_view kMasked[] = {"/proc/acpi",       "/proc/asound",      "/proc/interrupts",
                                        "/proc/kcore",      "/proc/keys",        "/proc/latency_stats",
                                        "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug",
                                        "/proc/scsi",       "/sys/firmware",     "/sys/devices/virtual/powercap"};
constexpr std::string_view kReadOnly[] = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"};

void add(Work& work, std::string destination, std::string type, std::string source, Options options) {
  spec::Mount mount;
  mount.destination = std::move(destination);
  mount.type = std::move(type);
  mount.source = std::move(source);
  mount.options = std::move(options);
  work.out.spec.mounts.push_back(std::move(mount));
}

// Why the mount added last is there.
void because(Work& work, std::string text) {
  work.mount_reasons.emplace_back(work.out.spec.mounts.back().destination, std::move(text));
}

bool shares_another_shm(const Work& work) {
  return work.options.ipc.from == From::host || work.options.ipc.from == From::container;
}

void add_shm(Work& work) {
  switch (work.options.ipc.from) {
  case From::none: return;
  case From::host:
    add(work, "/dev/shm", "bind", "/dev/shm", {"rbind", "rprivate", "nosuid", "noexec", "nodev"});
    return;
  case From::container: {
    const JoinedContainer* other = work.world.container(work.options.ipc.container);
    if (other == nullptr || !other->has_shm)
      return;
    add(work, "/dev/shm", "bind", "/proc/" + std::to_string(other->pid) + "/root/dev/shm",
        {"rbind", "rprivate", "nosuid", "noexec", "nodev"});
    because(work, "flag --ipc container:" + work.options.ipc.container);
    return;
  }
  default:
    add(work, "/dev/shm", "tmpfs", "shm",
        {"nosuid", "noexec", "nodev", "mode=1777", "size=" + std::to_string(work.options.shm_size.value_or(kShmSize))});
    if (work.options.shm_size)
      because(work, "flag --shm-size " + std::to_string(*work.options.shm_size));
  }
}

void add_standard(Work& work) {
  bool privileged = work.options.security.privileged;
  std::string access = privileged ? "rw" : "ro";
  add(work, "/proc", "proc", "proc", {"nosuid", "noexec", "nodev"});
  add(work, "/dev", "tmpfs", "tmpfs", {"nosuid", "strictatime", "mode=755", "size=65536k"});
  add(work, "/dev/pts", "devpts", "devpts", {"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"});
  // Without a network namespace of its own a fresh sysfs would show the host's devices all the same; docker mounts it
  // too.
  add(work, "/sys", "sysfs", "sysfs", {"nosuid", "noexec", "nodev", access});
  add(work, "/sys/fs/cgroup", "cgroup", "cgroup", {access, "nosuid", "noexec", "nodev"});
  add(work, "/dev/mqueue", "mqueue", "mqueue", {"nosuid", "noexec", "nodev"});
  add_shm(work);
}

// A mount somebody asked for stands in the place of a standard one.
void clear(Work& work, std::string_view destination) {
  std::erase_if(work.out.spec.mounts, [&](const spec::Mount& mount) { return mount.destination == destination; });
  std::erase_if(work.out.mounts, [&](const RecordMount& mount) { return mount.destination == destination; });
  std::erase_if(work.mount_reasons, [&](const auto& reason) { return reason.first == destination; });
}

void record(Work& work, const MountRequest& request, std::string type, std::string name, std::string source,
            bool anonymous) {
  RecordMount mount;
  mount.type = std::move(type);
  mount.name = std::move(name);
  mount.source = std::move(source);
  mount.destination = request.destination;
  mount.read_only = request.read_only;
  mount.anonymous = anonymous;
  if (mount.type == "bind")
    mount.propagation = request.propagation.empty() ? "rprivate" : request.propagation;
  work.out.mounts.push_back(std::move(mount));
}

void add_bind(Work& work, const MountRequest& request, const std::string& source) {
  Options options = {request.recursive ? "rbind" : "bind",
                     request.propagation.empty() ? "rprivate" : request.propagation};
  if (request.read_only) {
    options.emplace_back("ro");
    if (request.recursive && request.recursive_read_only)
      options.emplace_back("rro");
  }
  add(work, request.destination, "bind", source, std::move(options));
}

void add_tmpfs(Work& work, const MountRequest& request) {
  Options options = {"noexec", "nosuid", "nodev"};
  for (const std::string& option : request.tmpfs_options) {
    // "exec" takes "noexec" back, and so on.
    std::erase(options, "no" + option);
    options.push_back(option);
  }
  if (request.tmpfs_size)
    options.push_back("size=" + std::to_string(*request.tmpfs_size));
  if (request.tmpfs_mode) {
    std::string mode;
    for (std::uint32_t value = *request.tmpfs_mode; value != 0 || mode.empty(); value /= 8)
      mode.insert(mode.begin(), static_cast<char>('0' + value % 8));
    options.push_back("mode=" + mode);
  }
  if (request.read_only)
    options.emplace_back("ro");
  add(work, request.destination, "tmpfs", "tmpfs", std::move(options));
}

Result<> add_requested(Work& work, std::size_t& volume) {
  for (const MountRequest& request : work.options.mounts) {
    clear(work, request.destination);
    switch (request.type) {
    case MountRequest::Type::bind:
      add_bind(work, request, request.source);
      record(work, request, "bind", "", request.source, false);
      break;
    case MountRequest::Type::tmpfs:
      add_tmpfs(work, request);
      record(work, request, "tmpfs", "", "", false);
      break;
    case MountRequest::Type::volume: {
      if (volume >= work.world.volumes.size())
        return fail(Kind::internal, "a volume has no place");
      const VolumePlace& place = work.world.volumes[volume++];
      add_bind(work, request, place.directory);
      record(work, request, "volume", place.name, place.directory, place.anonymous);
      break;
    }
    }
    because(work, "flag " + request.flag);
  }
  return {};
}

Result<> add_image_volumes(Work& work, std::size_t& volume) {
  for (const std::string& destination : uncovered_volumes(work.options, work.image)) {
    if (volume >= work.world.volumes.size())
      return fail(Kind::internal, "a volume has no place");
    const VolumePlace& place = work.world.volumes[volume++];
    MountRequest request;
    request.type = MountRequest::Type::volume;
    request.destination = destination;
    clear(work, destination);
    add_bind(work, request, place.directory);
    record(work, request, "volume", place.name, place.directory, true);
    because(work, "image config: Volumes");
  }
  return {};
}

// The engine's own files, unless somebody mounts there.
void add_network_files(Work& work) {
  std::string directory = work.world.directory;
  if (work.options.network.from == From::container)
    directory = work.world.container(work.options.network.container)->directory;
  for (std::string_view name : {"resolv.conf", "hostname", "hosts"}) {
    std::string destination = "/etc/" + std::string(name);
    if (std::ranges::any_of(work.out.spec.mounts, [&](const auto& mount) { return mount.destination == destination; }))
      continue;
    Options options = {"rbind", "rprivate"};
    if (work.options.read_only)
      options.emplace_back("ro");
    add(work, destination, "bind", directory + "/" + std::string(name), std::move(options));
    because(work, "the engine's own " + destination);
  }
}

// What lies nearer to the root comes first, or it would hide what was mounted below it before.
void sort_by_depth(Work& work) {
  auto depth = [](const spec::Mount& mount) {
    return mount.destination == "/" ? 0 : std::ranges::count(mount.destination, '/');
  };
  std::vector<spec::Mount>& mounts = work.out.spec.mounts;
  std::ranges::stable_sort(mounts, {}, depth);
  for (std::size_t i = 0; i < mounts.size(); ++i)
    for (const auto& [destination, text] : work.mount_reasons)
      if (destination == mounts[i].destination)
        work.because_text("mounts[" + std::to_string(i) + "]", text);
}

void add_paths(Work& work) {
  const SecurityRequest& security = work.options.security;
  spec::Linux& platform = work.out.spec.platform;
  bool all = std::ranges::find(security.unmask, "ALL") != security.unmask.end();
  auto left = [&](std::string_view path) { return std::ranges::find(security.unmask, path) != security.unmask.end(); };
  if (!security.privileged && !security.system_paths_unconfined && !all) {
    for (std::string_view path : kMasked)
      if (!left(path))
        platform.masked_paths.emplace_back(path);
    for (std::string_view path : kReadOnly)
      if (!left(path))
        platform.readonly_paths.emplace_back(path);
    work.because_text("linux.maskedPaths", "default: what tells of the host, or changes it");
    work.because_text("linux.readonlyPaths", "default: what would change the host");
  }
  platform.masked_paths.insert(platform.masked_paths.end(), security.mask.begin(), security.mask.end());
}

} // namespace

Result<> add_mounts(Work& work) {
  if (shares_another_shm(work) && work.options.shm_size)
    work.out.warnings.emplace_back("--shm-size has no effect: /dev/shm is another's");
  add_standard(work);
  work.because_text("mounts", "default: what every container has");
  std::size_t volume = 0;
  TRY(add_requested(work, volume));
  TRY(add_image_volumes(work, volume));
  add_network_files(work);
  sort_by_depth(work);
  add_paths(work);
  return {};
}

} // namespace specifying
} // namespace phial::engine
