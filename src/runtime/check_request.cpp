// What contradicts itself, or asks for the host's own to be changed: refused before anything is touched. Pure; what
// concerns one part alone is checked where that part is compiled.
#include "base/text.hpp"
#include "kernel/id_maps.hpp"
#include "kernel/kabi.hpp"
#include "runtime/compiler.hpp"

namespace phial::runtime {

namespace {

using spec::NamespaceType;

constexpr std::size_t kPathLimit = 4096; // with the NUL; path_resolution(7)

// A namespace of that type which is not the host's: a new one, or one by path that is another.
bool has_own(const Request& request, const HostFacts& facts, NamespaceType type) {
  return request.spec->platform.find(type) != nullptr && (facts.host_namespaces & kernel::facts(type).flag) == 0;
}

std::unexpected<Error> needs_namespace(const char* field, NamespaceType type) {
  std::string name(kernel::facts(type).oci_name);
  return fail(Kind::input,
              std::string(field) + ": the container has no " + name + " namespace of its own, so this is the host's",
              "add {\"type\": \"" + name + "\"} to linux.namespaces");
}

Result<> check_names(const Request& request, const HostFacts& facts) {
  if (!request.spec->hostname.empty() && !has_own(request, facts, NamespaceType::uts))
    return needs_namespace("hostname", NamespaceType::uts);
  if (!request.spec->domainname.empty() && !has_own(request, facts, NamespaceType::uts))
    return needs_namespace("domainname", NamespaceType::uts);
  if (!request.spec->platform.net_devices.empty() && !has_own(request, facts, NamespaceType::network))
    return needs_namespace("linux.netDevices", NamespaceType::network);
  return {};
}

Result<> check_time(const spec::Linux& platform) {
  if (!platform.boottime_offset && !platform.monotonic_offset)
    return {};
  const spec::Namespace* time = platform.find(NamespaceType::time);
  if (time == nullptr)
    return needs_namespace("linux.timeOffsets", NamespaceType::time);
  if (!time->path.empty())
    return fail(Kind::input, "linux.timeOffsets: the time namespace is joined by path, and has its offsets already",
                "leave out the offsets, or the path");
  return {};
}

Result<> check_map(const std::vector<spec::IdMapping>& mappings, std::uint32_t user, const std::string& field,
                   const char* kind) {
  TRY(kernel::check_id_map(mappings), field);
  for (std::uint32_t id : {0U, user})
    if (!kernel::to_outside(mappings, id))
      return fail(Kind::input, field + ": no mapping holds the container's " + kind + " " + std::to_string(id),
                  id == 0 ? "the container is set up by its own root, which has to be somebody on the host" : "");
  return {};
}

Result<> check_user_namespace(const Request& request) {
  const spec::Linux& platform = request.spec->platform;
  const spec::Namespace* user = platform.find(NamespaceType::user);
  bool mapped = !platform.uid_mappings.empty() || !platform.gid_mappings.empty();
  if (user == nullptr && mapped)
    return fail(Kind::input,
                std::string("linux.") + (platform.uid_mappings.empty() ? "gidMappings" : "uidMappings") +
                    ": the container has no user namespace for them",
                "add {\"type\": \"user\"} to linux.namespaces");
  if (user == nullptr || !user->path.empty())
    return {};
  if (platform.uid_mappings.empty() || platform.gid_mappings.empty())
    return fail(Kind::input, "linux.uidMappings and linux.gidMappings: a new user namespace needs both");
  spec::User process = request.spec->process ? request.spec->process->user : spec::User{};
  TRY(check_map(platform.uid_mappings, process.uid, "linux.uidMappings", "user"));
  return check_map(platform.gid_mappings, process.gid, "linux.gidMappings", "group");
}

// Without a mount namespace of its own the container shares the host's mounts.
Result<> check_mount_namespace(const Request& request) {
  const spec::Linux& platform = request.spec->platform;
  if (platform.find(NamespaceType::mount) != nullptr)
    return {};
  if (!platform.masked_paths.empty())
    return needs_namespace("linux.maskedPaths", NamespaceType::mount);
  if (!platform.readonly_paths.empty())
    return needs_namespace("linux.readonlyPaths", NamespaceType::mount);
  if (!request.root.layers.empty() || platform.find(NamespaceType::user) != nullptr)
    return needs_namespace("mounts", NamespaceType::mount);
  return {};
}

// Longer ones the kernel takes nowhere; and the work of walking one would grow with the square of its length.
Result<> check_path(const std::string& path, const std::string& field) {
  if (path.size() >= kPathLimit)
    return fail(Kind::input, field + ": " + std::to_string(path.size()) +
                                 " bytes are more than a path can have, which is " + std::to_string(kPathLimit - 1));
  return {};
}

Result<> check_paths(const spec::Spec& spec) {
  if (spec.process)
    TRY(check_path(spec.process->cwd, "process.cwd"));
  for (std::size_t i = 0; i < spec.mounts.size(); ++i)
    TRY(check_path(spec.mounts[i].destination, "mounts[" + std::to_string(i) + "].destination"));
  for (std::size_t i = 0; i < spec.platform.masked_paths.size(); ++i)
    TRY(check_path(spec.platform.masked_paths[i], "linux.maskedPaths[" + std::to_string(i) + "]"));
  for (std::size_t i = 0; i < spec.platform.readonly_paths.size(); ++i)
    TRY(check_path(spec.platform.readonly_paths[i], "linux.readonlyPaths[" + std::to_string(i) + "]"));
  for (std::size_t i = 0; i < spec.platform.devices.size(); ++i)
    TRY(check_path(spec.platform.devices[i].path, "linux.devices[" + std::to_string(i) + "].path"));
  return {};
}

// It is put behind each hierarchy's mount point: what leads up from there leads out of it.
Result<> check_cgroup(const std::string& path) {
  for (std::string_view name : split(path, '/'))
    if (name == "..")
      return fail(Kind::input, "the cgroup " + path + " leads out of its hierarchy by \"..\"");
  return {};
}

} // namespace

Result<> check_request(const Request& request, const HostFacts& facts) {
  TRY(check_paths(*request.spec));
  TRY(check_cgroup(request.cgroup));
  TRY(check_names(request, facts));
  TRY(check_time(request.spec->platform));
  TRY(check_user_namespace(request));
  return check_mount_namespace(request);
}

} // namespace phial::runtime
