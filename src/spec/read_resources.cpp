// config.json: "linux.resources"; also the whole document of update's --resources.
#include "spec/reader_parts.hpp"

namespace phial::spec {

using namespace kernel;

namespace {

constexpr std::int64_t kAny = -1; // engines write -1 for "every number"

void read_number(const Cursor& at, std::string_view key, std::optional<std::int64_t>& out) {
  at.read(key, out, kAny, std::int64_t{0xffffffff});
  if (out == kAny)
    out.reset();
}

void read(const Cursor& at, DeviceRule& out) {
  at.require({"allow"});
  at.read("allow", out.allow);
  std::string type;
  at.read("type", type);
  if (type.empty())
    type = "a";
  if (!at.failed() && type != "a" && type != "b" && type != "c")
    return at.fail("type", "\"" + type + "\" is not a type of device: a, b or c");
  out.type = type[0];
  read_number(at, "major", out.major);
  read_number(at, "minor", out.minor);
  at.read("access", out.access);
  if (out.access.empty())
    out.access = "rwm";
  if (out.access.find_first_not_of("rwm") != std::string::npos)
    at.fail("access", "\"" + out.access + "\" is not made of r, w and m");
}

void read(const Cursor& at, MemoryResources& out) {
  constexpr std::int64_t kMost = 0x7fffffffffffffff;
  at.read("limit", out.limit, kAny, kMost);
  at.read("reservation", out.reservation, kAny, kMost);
  at.read("swap", out.swap, kAny, kMost);
  at.read("kernel", out.kernel, kAny, kMost);
  at.read("kernelTCP", out.kernel_tcp, kAny, kMost);
  at.read("swappiness", out.swappiness, std::uint64_t{0}, std::uint64_t{100});
  at.read("disableOOMKiller", out.disable_oom_killer);
  at.read("useHierarchy", out.use_hierarchy);
  at.read("checkBeforeUpdate", out.check_before_update);
}

void read_cpu_list(const Cursor& at, std::string_view key, std::string& out) {
  at.read(key, out);
  if (out.find_first_not_of("0123456789,-\n ") != std::string::npos)
    at.fail(key, "\"" + out + "\" is not a list like \"0-3,7\"");
}

void read(const Cursor& at, CpuResources& out) {
  at.read("shares", out.shares);
  at.read("quota", out.quota);
  at.read("burst", out.burst);
  at.read("period", out.period);
  at.read("realtimeRuntime", out.realtime_runtime);
  at.read("realtimePeriod", out.realtime_period);
  read_cpu_list(at, "cpus", out.cpus);
  read_cpu_list(at, "mems", out.mems);
  at.read("idle", out.idle, std::int64_t{0}, std::int64_t{1});
}

void check_weight(const Cursor& at, std::string_view key, std::optional<std::uint16_t> weight) {
  if (weight && *weight != 0 && (*weight < 10 || *weight > 1000))
    at.fail(key, std::to_string(*weight) + " is not within 10 to 1000");
}

void read_weights(const Cursor& at, std::optional<std::uint16_t>& weight, std::optional<std::uint16_t>& leaf) {
  at.read("weight", weight);
  at.read("leafWeight", leaf);
  check_weight(at, "weight", weight);
  check_weight(at, "leafWeight", leaf);
}

void read(const Cursor& at, WeightDevice& out) {
  at.require({"major", "minor"});
  at.read("major", out.major);
  at.read("minor", out.minor);
  read_weights(at, out.weight, out.leaf_weight);
}

void read(const Cursor& at, ThrottleDevice& out) {
  at.require({"major", "minor"});
  at.read("major", out.major);
  at.read("minor", out.minor);
  at.read("rate", out.rate);
}

void read_throttles(const Cursor& at, std::string_view key, std::vector<ThrottleDevice>& out) {
  at.list(key, out, [](const Cursor& place, ThrottleDevice& device) { read(place, device); });
}

void read(const Cursor& at, BlockIoResources& out) {
  read_weights(at, out.weight, out.leaf_weight);
  at.list("weightDevice", out.weight_devices, [](const Cursor& place, WeightDevice& device) { read(place, device); });
  read_throttles(at, "throttleReadBpsDevice", out.read_bps);
  read_throttles(at, "throttleWriteBpsDevice", out.write_bps);
  read_throttles(at, "throttleReadIOPSDevice", out.read_iops);
  read_throttles(at, "throttleWriteIOPSDevice", out.write_iops);
}

// "2MB", "1GB", "64KB": as the kernel names its files.
bool is_page_size(std::string_view text) {
  if (text.size() < 3 || text.back() != 'B' || !std::string_view("KMG").contains(text[text.size() - 2]))
    return false;
  std::string_view number = text.substr(0, text.size() - 2);
  return number[0] != '0' && number.find_first_not_of("0123456789") == std::string_view::npos;
}

void read(const Cursor& at, HugepageLimit& out) {
  at.require({"pageSize", "limit"});
  at.read("pageSize", out.page_size);
  at.read("limit", out.limit);
  if (!is_page_size(out.page_size))
    at.fail("pageSize", "\"" + out.page_size + "\" is not a page size like \"2MB\"");
}

void read(const Cursor& at, InterfacePriority& out) {
  at.require({"name", "priority"});
  at.read("name", out.name);
  at.read("priority", out.priority);
}

void read(const Cursor& at, NetworkResources& out) {
  at.read("classID", out.class_id);
  at.list("priorities", out.priorities, [](const Cursor& place, InterfacePriority& part) { read(place, part); });
}

void read_rdma(const Cursor& at, std::vector<RdmaLimit>& out) {
  at.members("rdma", [&](std::string_view name, const Cursor& place) {
    if (!place.expect(Json::Type::object))
      return;
    RdmaLimit& limit = out.emplace_back();
    limit.device = name;
    place.read("hcaHandles", limit.hca_handles);
    place.read("hcaObjects", limit.hca_objects);
  });
}

// A file of a cgroup v2 controller: "memory.high", "cgroup.type"; never a path.
bool is_cgroup_file(std::string_view name) {
  std::size_t dot = name.find('.');
  return dot != 0 && dot != std::string_view::npos && dot + 1 < name.size() &&
         name.find("..") == std::string_view::npos &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.") ==
             std::string_view::npos;
}

void read_unified(const Cursor& at, std::vector<std::pair<std::string, std::string>>& out) {
  at.members("unified", [&](std::string_view name, const Cursor& place) {
    std::string& value = out.emplace_back(name, "").second;
    place.take(value);
    if (!is_cgroup_file(name))
      place.fail("is not a name of a cgroup file like \"memory.high\"");
    else if (value.find('\n') != std::string::npos)
      place.fail("holds a line break");
  });
}

} // namespace

void read(const Cursor& at, Resources& out) {
  at.list("devices", out.devices, [](const Cursor& place, DeviceRule& rule) { read(place, rule); });
  at.inside("memory", out.memory, [](const Cursor& place, MemoryResources& part) { read(place, part); });
  at.inside("cpu", out.cpu, [](const Cursor& place, CpuResources& part) { read(place, part); });
  at.inside("pids", out.pids, [](const Cursor& place, PidsResources& part) { place.read("limit", part.limit); });
  at.inside("blockIO", out.block_io, [](const Cursor& place, BlockIoResources& part) { read(place, part); });
  at.list("hugepageLimits", out.hugepage_limits, [](const Cursor& place, HugepageLimit& part) { read(place, part); });
  at.inside("network", out.network, [](const Cursor& place, NetworkResources& part) { read(place, part); });
  read_rdma(at, out.rdma);
  read_unified(at, out.unified);
}

} // namespace phial::spec
