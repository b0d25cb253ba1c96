#include "engine/world.hpp"

#include "base/file.hpp"
#include "base/text.hpp"
#include "engine/containers.hpp"
#include "engine/ids.hpp"
#include "kernel/capabilities.hpp"
#include "kernel/cgroup/layout.hpp"
#include "runtime/root_view.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>

namespace phial::engine {

namespace {

Result<Fd> open_in_root(int root, const std::string& path, int flags) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  long fd = ::syscall(SYS_openat2, root, path.c_str(), &how, sizeof how);
  if (fd < 0)
    return fail_call("openat2", path);
  return Fd(static_cast<int>(fd));
}

} // namespace

Result<std::string> read_in_layers(const std::vector<std::string>& layers, const std::string& path, std::size_t limit) {
  for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer) {
    Fd root = TRY(open_at(AT_FDCWD, *layer, O_PATH | O_DIRECTORY));
    // A FIFO must not hold us up, a device not be touched: looked at first, then opened by that very descriptor.
    Result<Fd> place = open_in_root(root.get(), path, O_PATH);
    if (!place && runtime::means_nothing_there(place.error().number))
      continue;
    if (!place)
      return std::unexpected(while_doing(std::move(place).error(), "read " + path + " of the image"));
    struct stat status{};
    if (::fstat(place->get(), &status) != 0)
      return fail_call("fstat", path);
    if (S_ISCHR(status.st_mode) && status.st_rdev == 0)
      return std::string(); // a whiteout: the layers below do not count
    if (!S_ISREG(status.st_mode) || static_cast<std::uint64_t>(status.st_size) > limit)
      return fail(Kind::input,
                  path + " of the image is no regular file of at most " + std::to_string(limit) + " bytes");
    Fd file = TRY(open_at(AT_FDCWD, "/proc/self/fd/" + std::to_string(place->get()), O_RDONLY | O_NONBLOCK));
    return read_all(file.get(), limit);
  }
  return std::string();
}

std::optional<HostDevice> host_device(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0 || (!S_ISCHR(status.st_mode) && !S_ISBLK(status.st_mode)))
    return std::nullopt;
  return HostDevice{path,
                    S_ISCHR(status.st_mode) ? 'c' : 'b',
                    static_cast<std::int64_t>(major(status.st_rdev)),
                    static_cast<std::int64_t>(minor(status.st_rdev)),
                    status.st_mode & 07777U,
                    status.st_uid,
                    status.st_gid};
}

namespace {

void collect_devices(const std::string& directory, std::vector<HostDevice>& out) {
  constexpr std::string_view kOwn[] = {"/dev/console", "/dev/ptmx", "/dev/null",   "/dev/zero",
                                       "/dev/full",    "/dev/tty",  "/dev/random", "/dev/urandom"};
  Result<std::vector<std::string>> names = list_directory(directory);
  if (!names)
    return;
  for (const std::string& name : *names) {
    std::string path = directory + "/" + name;
    struct stat status{};
    if (::lstat(path.c_str(), &status) != 0)
      continue;
    if (S_ISDIR(status.st_mode)) {
      if (name != "pts" && name != "shm" && name != "fd" && name != "mqueue" && name != ".udev")
        collect_devices(path, out);
    } else if (auto device = S_ISLNK(status.st_mode) ? std::nullopt : host_device(path)) {
      if (std::ranges::find(kOwn, path) == std::end(kOwn))
        out.push_back(std::move(*device));
    }
  }
}

} // namespace

std::vector<HostDevice> all_host_devices() {
  std::vector<HostDevice> out;
  collect_devices("/dev", out);
  return out;
}

Result<ImageFacts> find_image_facts(const Engine& engine, const RunOptions& options) {
  image::Store store{engine.root};
  Result<image::Image> found = image::find_image(store, options.image);
  if (!found && found.error().kind == Kind::not_found &&
      TRY(image::ensure_builtin(store, options.image, engine.libexec)))
    found = image::find_image(store, options.image);
  ImageFacts out;
  out.image = TRY(std::move(found));
  out.config = TRY(image::image_config(store, out.image));
  TRY(image::check_platform(out.config, image::host_platform()));
  out.layers = TRY(image::layer_paths(store, out.image, out.config));
  return out;
}

namespace {

Result<> add_joined(const Engine& engine, const NamespaceRequest& request, World& world) {
  if (request.from != NamespaceRequest::From::container || world.container(request.container) != nullptr)
    return {};
  Container other = TRY(find(engine, request.container));
  world.joined.push_back({request.container, other.record.id, other.pid, places(engine, other.record.id).directory,
                          other.record.host_config.string_or("IpcMode") != "none"});
  return {};
}

Result<VolumePlace> volume_place(const Engine& engine, const std::string& name) {
  VolumePlace out;
  out.anonymous = name.empty();
  out.name = name.empty() ? TRY(new_id()) : name;
  out.directory = engine.root + "/volumes/" + out.name + "/_data";
  return out;
}

void add_device(World& world, const std::string& path) {
  if (auto device = host_device(path))
    world.devices.push_back(std::move(*device));
}

} // namespace

namespace {

Result<bool> memory_is_v2() {
  kernel::CgroupLayout layout = TRY(kernel::probe_cgroup_layout());
  const kernel::CgroupHierarchy* memory = layout.holding("memory");
  return memory != nullptr && memory->version == 2;
}

} // namespace

Result<World> gather_world(const Engine& engine, const RunOptions& options, const ImageFacts& image, std::string id) {
  World out;
  out.directory = places(engine, id).directory;
  out.id = std::move(id);
  utsname host{};
  ::uname(&host);
  out.host_name = host.nodename;
  std::vector<std::string_view> release = split(host.release, '.');
  if (release.size() > 1) {
    out.kernel_major = static_cast<unsigned>(parse_uint(release[0]).value_or(0));
    std::string_view minor = release[1].substr(0, release[1].find_first_not_of("0123456789"));
    out.kernel_minor = static_cast<unsigned>(parse_uint(minor).value_or(0));
  }
  out.cgroup_v2 = TRY(memory_is_v2());
  if (auto own = kernel::parse_status_capabilities(TRY(read_file("/proc/self/status"))))
    out.own_capabilities = (own->permitted & own->bounding).bits();
  out.user =
      TRY(spec::resolve_user(options.user.empty() ? image.config.user : options.user,
                             TRY(read_in_layers(image.layers, "etc/passwd", spec::kMaxUserFile)),
                             TRY(read_in_layers(image.layers, "etc/group", spec::kMaxUserFile)), options.groups));
  for (const DeviceRequest& device : options.devices)
    add_device(out, device.source);
  for (const auto* list :
       {&options.limits.read_bps, &options.limits.write_bps, &options.limits.read_iops, &options.limits.write_iops})
    for (const Throttle& throttle : *list)
      add_device(out, throttle.device);
  if (options.security.privileged)
    out.all_devices = all_host_devices();
  for (const NamespaceRequest* request : {&options.pid, &options.ipc, &options.network})
    TRY(add_joined(engine, *request, out));
  for (const MountRequest& mount : options.mounts)
    if (mount.type == MountRequest::Type::volume)
      out.volumes.push_back(TRY(volume_place(engine, mount.source)));
  for (std::size_t i = uncovered_volumes(options, image.config).size(); i > 0; --i)
    out.volumes.push_back(TRY(volume_place(engine, "")));
  return out;
}

} // namespace phial::engine
