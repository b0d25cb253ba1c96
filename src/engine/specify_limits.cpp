// Specifying: devices and what the cgroup is asked to limit.
#include "engine/specify.hpp"

namespace phial::engine::specifying {

namespace {

// More than any ordinary image has, and some hundredth of what a machine can have. Podman's figure.
constexpr std::int64_t kDefaultPids = 2048;

using kernel::DeviceRule;

kernel::Resources& resources(Work& work) {
  auto& out = work.out.spec.platform.resources;
  if (!out)
    out.emplace();
  return *out;
}

DeviceRule rule(char type, std::optional<std::int64_t> major, std::optional<std::int64_t> minor, std::string access) {
  return {true, type, major, minor, std::move(access)};
}

// Nothing, but: mknod of anything (without opening it), the standard nodes, terminals.
void add_standard_rules(Work& work) {
  std::vector<DeviceRule>& rules = resources(work).devices;
  rules.push_back({false, 'a', std::nullopt, std::nullopt, "rwm"});
  rules.push_back(rule('c', std::nullopt, std::nullopt, "m"));
  rules.push_back(rule('b', std::nullopt, std::nullopt, "m"));
  for (std::int64_t minor : {3, 5, 7, 8, 9}) // null, zero, full, random, urandom
    rules.push_back(rule('c', 1, minor, "rwm"));
  for (std::int64_t minor : {0, 1, 2}) // tty, console, ptmx
    rules.push_back(rule('c', 5, minor, "rwm"));
  rules.push_back(rule('c', 136, std::nullopt, "rwm"));
}

void add_node(Work& work, const HostDevice& device, const std::string& path) {
  spec::Device node;
  node.path = path;
  node.type = device.type;
  node.major = device.major;
  node.minor = device.minor;
  node.file_mode = device.mode;
  node.uid = device.uid;
  node.gid = device.gid;
  work.out.spec.platform.devices.push_back(std::move(node));
}

std::unexpected<Error> no_device(const std::string& path) {
  return fail(Kind::not_found, path + " is no device of this host", "name a character or block device below /dev");
}

Result<> add_throttles(Work& work, const std::vector<Throttle>& from, std::vector<kernel::ThrottleDevice>& to,
                       std::string_view field, std::string_view flag) {
  for (const Throttle& throttle : from) {
    const HostDevice* device = work.world.device(throttle.device);
    if (device == nullptr || device->type != 'b')
      return fail(Kind::not_found, throttle.device + " is no block device of this host",
                  "`lsblk -p` lists the block devices");
    to.push_back({device->major, device->minor, throttle.rate});
    work.because("linux.resources.blockIO." + std::string(field), flag);
  }
  return {};
}

void add_memory(Work& work) {
  const Limits& limits = work.options.limits;
  kernel::MemoryResources memory;
  auto size = [](const std::optional<std::uint64_t>& value) -> std::optional<std::int64_t> {
    return value ? std::optional(static_cast<std::int64_t>(*value)) : std::nullopt;
  };
  memory.limit = size(limits.memory);
  memory.reservation = size(limits.memory_reservation);
  memory.swap = limits.memory_swap;
  if (memory.limit && !memory.swap) {
    memory.swap = 2 * *memory.limit;
    work.because_text("linux.resources.memory.swap", "default with --memory: as much swap as memory");
  }
  memory.swappiness = limits.memory_swappiness;
  if (limits.oom_kill_disable)
    memory.disable_oom_killer = true;
  work.because("linux.resources.memory.limit", "memory");
  work.because("linux.resources.memory.reservation", "memory-reservation");
  work.because("linux.resources.memory.swap", "memory-swap");
  work.because("linux.resources.memory.swappiness", "memory-swappiness");
  if (memory != kernel::MemoryResources())
    resources(work).memory = memory;
  if (limits.memory_high) {
    if (work.world.cgroup_v2) {
      resources(work).unified.emplace_back("memory.high", std::to_string(*limits.memory_high));
      work.because("linux.resources.unified", "memory-high");
    } else {
      work.out.warnings.emplace_back("--memory-high needs cgroup v2, and this host's memory controller is one of "
                                     "version 1: it has no effect (--memory-reservation comes nearest)");
    }
  }
}

void add_cpu(Work& work) {
  const Limits& limits = work.options.limits;
  kernel::CpuResources cpu;
  cpu.shares = limits.cpu_shares;
  cpu.quota = limits.cpu_quota;
  cpu.period = limits.cpu_period;
  if (limits.nano_cpus) {
    constexpr std::uint64_t kPeriod = 100'000;
    cpu.period = kPeriod;
    cpu.quota = static_cast<std::int64_t>(*limits.nano_cpus * kPeriod / 1'000'000'000);
    work.because("linux.resources.cpu.quota", "cpus");
    work.because("linux.resources.cpu.period", "cpus");
  }
  cpu.cpus = limits.cpuset_cpus;
  cpu.mems = limits.cpuset_mems;
  work.because("linux.resources.cpu.shares", "cpu-shares");
  work.because("linux.resources.cpu.quota", "cpu-quota");
  work.because("linux.resources.cpu.period", "cpu-period");
  work.because("linux.resources.cpu.cpus", "cpuset-cpus");
  work.because("linux.resources.cpu.mems", "cpuset-mems");
  if (cpu != kernel::CpuResources())
    resources(work).cpu = cpu;
}

Result<> add_block_io(Work& work) {
  const Limits& limits = work.options.limits;
  kernel::BlockIoResources io;
  io.weight = limits.blkio_weight;
  work.because("linux.resources.blockIO.weight", "blkio-weight");
  TRY(add_throttles(work, limits.read_bps, io.read_bps, "throttleReadBpsDevice", "device-read-bps"));
  TRY(add_throttles(work, limits.write_bps, io.write_bps, "throttleWriteBpsDevice", "device-write-bps"));
  TRY(add_throttles(work, limits.read_iops, io.read_iops, "throttleReadIOPSDevice", "device-read-iops"));
  TRY(add_throttles(work, limits.write_iops, io.write_iops, "throttleWriteIOPSDevice", "device-write-iops"));
  if (io != kernel::BlockIoResources())
    resources(work).block_io = io;
  return {};
}

} // namespace

Result<> add_devices(Work& work) {
  const RunOptions& options = work.options;
  if (options.security.privileged) {
    resources(work).devices.push_back({true, 'a', std::nullopt, std::nullopt, "rwm"});
    for (const HostDevice& device : work.world.all_devices)
      add_node(work, device, device.path);
    work.because("linux.resources.devices", "privileged");
    work.because("linux.devices", "privileged");
  } else {
    add_standard_rules(work);
    work.because_text("linux.resources.devices", "default: the standard devices alone");
  }
  for (const DeviceRequest& request : options.devices) {
    const HostDevice* device = work.world.device(request.source);
    if (device == nullptr)
      return no_device(request.source);
    work.because_text("linux.devices[" + std::to_string(work.out.spec.platform.devices.size()) + "]",
                      "flag --device " + request.source);
    add_node(work, *device, request.destination);
    resources(work).devices.push_back(rule(device->type, device->major, device->minor, request.access));
  }
  for (const engine::DeviceRule& given : options.device_rules)
    resources(work).devices.push_back(rule(given.type, given.major, given.minor, given.access));
  return {};
}

Result<> add_limits(Work& work) {
  const Limits& limits = work.options.limits;
  add_memory(work);
  add_cpu(work);
  if (limits.pids) {
    // 0 is docker's word for no limit.
    resources(work).pids = kernel::PidsResources{*limits.pids == 0 ? -1 : *limits.pids};
    work.because("linux.resources.pids", "pids-limit");
  } else if (!work.options.security.privileged) {
    resources(work).pids = kernel::PidsResources{kDefaultPids};
    work.because_text("linux.resources.pids", "default: a fork bomb ends at its container");
  }
  return add_block_io(work);
}

} // namespace phial::engine::specifying
