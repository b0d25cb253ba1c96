// config.json: "linux", but for its resources and seccomp.
#include "spec/reader_parts.hpp"

#include <algorithm>

namespace phial::spec {

namespace {

constexpr std::uint32_t kPermissionBits = 07777;
constexpr std::size_t kMaxInterfaceName = 15; // IFNAMSIZ with its final zero is 16

void read(const Cursor& at, Namespace& out) {
  at.require({"type"});
  std::string type;
  at.read("type", type);
  std::vector<std::string_view> known;
  bool found = false;
  for (const kernel::NamespaceFacts& facts : kernel::namespaces()) {
    known.push_back(facts.oci_name);
    if (facts.oci_name == type) {
      out.type = facts.kind;
      found = true;
    }
  }
  if (!found)
    return at.fail_word("type", type, "a namespace", known);
  at.read("path", out.path);
  if (!out.path.empty())
    check_absolute(at, "path", out.path);
}

void read_namespaces(const Cursor& at, std::vector<Namespace>& out) {
  at.list("namespaces", out, [&](const Cursor& place, Namespace& entry) {
    read(place, entry);
    if (std::ranges::count(out, entry.type, &Namespace::type) > 1)
      place.fail("type", "stands in the list a second time");
  });
}

void read(const Cursor& at, Device& out) {
  at.require({"path", "type"});
  at.read("path", out.path);
  check_absolute(at, "path", out.path);
  std::string type;
  at.read("type", type);
  if (at.failed())
    return;
  if (type.size() != 1 || !std::string_view("cbup").contains(type[0]))
    return at.fail("type", "\"" + type + "\" is not a type of device: c, b, u or p");
  out.type = type[0];
  if (out.type != 'p')
    at.require({"major", "minor"});
  constexpr std::int64_t kMaxMajor = (1 << 12) - 1;
  constexpr std::int64_t kMaxMinor = (1 << 20) - 1;
  at.read("major", out.major, std::int64_t{0}, kMaxMajor);
  at.read("minor", out.minor, std::int64_t{0}, kMaxMinor);
  at.read("fileMode", out.file_mode);
  if (out.file_mode)
    out.file_mode = *out.file_mode & kPermissionBits; // some engines leave the type's bits in
  at.read("uid", out.uid);
  at.read("gid", out.gid);
}

bool is_interface_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxInterfaceName && name != "." && name != ".." &&
         name.find_first_of("/: \t\n\v\f\r") == std::string_view::npos;
}

void read_net_devices(const Cursor& at, std::vector<NetDevice>& out) {
  at.members("netDevices", [&](std::string_view name, const Cursor& place) {
    if (!place.expect(Json::Type::object))
      return;
    if (!is_interface_name(name))
      return place.fail("\"" + std::string(name) + "\" is not a name of a network device");
    NetDevice& device = out.emplace_back();
    device.host_name = name;
    place.read("name", device.name);
    if (!device.name.empty() && !is_interface_name(device.name))
      place.fail("name", "\"" + device.name + "\" is not a name of a network device");
    for (const NetDevice& other : out)
      if (&other != &device &&
          (device.name.empty() ? device.host_name : device.name) == (other.name.empty() ? other.host_name : other.name))
        place.fail("two devices would have the same name in the container");
  });
}

void read(const Cursor& at, IntelRdt& out) {
  at.read("closID", out.clos_id);
  if (out.clos_id != "/" && // the root of resctrl
      (out.clos_id == "." || out.clos_id == ".." || out.clos_id.find_first_of("/\n") != std::string::npos))
    at.fail("closID", "\"" + out.clos_id + "\" is not a name of a directory");
  at.read("schemata", out.schemata);
  at.read("l3CacheSchema", out.l3_cache_schema);
  at.read("memBwSchema", out.memory_bandwidth_schema);
  if (!out.memory_bandwidth_schema.empty() &&
      (!out.memory_bandwidth_schema.starts_with("MB:") || out.memory_bandwidth_schema.find('\n') != std::string::npos))
    at.fail("memBwSchema", "is not one line that begins with \"MB:\"");
  at.read("enableMonitoring", out.enable_monitoring);
}

void read(const Cursor& at, MemoryPolicy& out) {
  at.require({"mode"});
  at.read_word("mode", out.mode, kMemoryPolicyModes, "a memory policy");
  at.read("nodes", out.nodes);
  if (out.nodes.find_first_not_of("0123456789,- ") != std::string::npos)
    at.fail("nodes", "\"" + out.nodes + "\" is not a list of memory nodes like \"0-3,7\"");
  at.read_flags("flags", out.flags, kMemoryPolicyFlags, "a memory policy flag");
}

void read_personality(const Cursor& at, std::optional<std::uint32_t>& out) {
  at.inside("personality", [&](const Cursor& place) {
    place.require({"domain"});
    place.read_word("domain", out.emplace(), kPersonalities, "a personality");
    place.each("flags", [](const Cursor& flag) { flag.fail("the specification defines no flags"); });
  });
}

void read(const Cursor& at, TimeOffset& out) {
  at.read("secs", out.seconds);
  at.read("nanosecs", out.nanoseconds, 0U, 999999999U);
}

void read_paths(const Cursor& at, std::string_view key, std::vector<std::string>& out) {
  at.each(key, [&](const Cursor& place) {
    place.take(out.emplace_back());
    if (!place.failed() && !out.back().starts_with('/'))
      place.fail("\"" + out.back() + "\" is not an absolute path");
  });
}

void read_sysctl(const Cursor& at, StringMap& out) {
  at.members("sysctl", [&](std::string_view name, const Cursor& place) {
    std::string& value = out.emplace_back(name, "").second;
    place.take(value);
    if (name.empty() || name.find_first_of(std::string_view("\n\0", 2)) != std::string_view::npos ||
        ("/" + std::string(name) + "/").find("/../") != std::string::npos)
      place.fail("is not a name of a sysctl");
  });
}

void read_mappings(const Cursor& at, std::string_view key, std::vector<IdMapping>& out) {
  at.list(key, out, [](const Cursor& place, IdMapping& mapping) { read(place, mapping); });
}

} // namespace

void read(const Cursor& at, Linux& out) {
  read_mappings(at, "uidMappings", out.uid_mappings);
  read_mappings(at, "gidMappings", out.gid_mappings);
  read_sysctl(at, out.sysctl);
  at.inside("resources", out.resources, [](const Cursor& place, kernel::Resources& part) { read(place, part); });
  at.read("cgroupsPath", out.cgroups_path);
  read_namespaces(at, out.namespaces);
  at.list("devices", out.devices, [](const Cursor& place, Device& device) { read(place, device); });
  read_net_devices(at, out.net_devices);
  at.inside("seccomp", out.seccomp, [](const Cursor& place, kernel::SeccompProfile& part) { read(place, part); });
  at.read("rootfsPropagation", out.rootfs_propagation);
  if (!out.rootfs_propagation.empty() && !value_of(kPropagations, out.rootfs_propagation))
    at.fail_word("rootfsPropagation", out.rootfs_propagation, "a propagation", names_of(kPropagations));
  read_paths(at, "maskedPaths", out.masked_paths);
  read_paths(at, "readonlyPaths", out.readonly_paths);
  at.read("mountLabel", out.mount_label);
  at.inside("intelRdt", out.intel_rdt, [](const Cursor& place, IntelRdt& part) { read(place, part); });
  at.inside("memoryPolicy", out.memory_policy, [](const Cursor& place, MemoryPolicy& part) { read(place, part); });
  read_personality(at, out.personality);
  at.inside("timeOffsets", [&](const Cursor& place) {
    place.inside("boottime", out.boottime_offset, [](const Cursor& clock, TimeOffset& part) { read(clock, part); });
    place.inside("monotonic", out.monotonic_offset, [](const Cursor& clock, TimeOffset& part) { read(clock, part); });
  });
}

} // namespace phial::spec
