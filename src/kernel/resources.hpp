// Resources: what a cgroup is asked to limit, as the OCI runtime-spec says it ("linux.resources"). Plain data; turning
// it into writes to files of cgroup v1 or v2 is the cgroup files' work. Absent (nullopt, empty) means: leave it as it
// is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace phial::kernel {

// One rule of the device cgroup; later rules win.
struct DeviceRule {
  bool allow = false;
  char type = 'a';                   // 'a' every device, 'b' block, 'c' character
  std::optional<std::int64_t> major; // nullopt: every one
  std::optional<std::int64_t> minor;
  std::string access = "rwm"; // of r read, w write, m mknod
  friend bool operator==(const DeviceRule&, const DeviceRule&) = default;
};

// Sizes in bytes; -1 is "no limit".
struct MemoryResources {
  std::optional<std::int64_t> limit;
  std::optional<std::int64_t> reservation; // soft limit
  std::optional<std::int64_t> swap;        // memory and swap together, as v1 counts
  std::optional<std::int64_t> kernel;      // deprecated; v1 only
  std::optional<std::int64_t> kernel_tcp;  // v1 only
  std::optional<std::uint64_t> swappiness; // 0 to 100; v1 only
  std::optional<bool> disable_oom_killer;  // v1 only
  std::optional<bool> use_hierarchy;       // v1 only
  std::optional<bool> check_before_update; // refuse a limit below what is in use
  friend bool operator==(const MemoryResources&, const MemoryResources&) = default;
};

struct CpuResources {
  std::optional<std::uint64_t> shares;          // v1's 2 to 262144
  std::optional<std::int64_t> quota;            // microseconds a period; -1: no limit
  std::optional<std::uint64_t> burst;           // microseconds
  std::optional<std::uint64_t> period;          // microseconds
  std::optional<std::int64_t> realtime_runtime; // microseconds a realtime period
  std::optional<std::uint64_t> realtime_period; // microseconds
  std::string cpus;                             // a list, "0-3,5"
  std::string mems;                             // a list of memory nodes
  std::optional<std::int64_t> idle;             // 1: SCHED_IDLE for the whole cgroup
  friend bool operator==(const CpuResources&, const CpuResources&) = default;
};

struct PidsResources {
  std::optional<std::int64_t> limit; // -1: no limit; 0 is a limit
  friend bool operator==(const PidsResources&, const PidsResources&) = default;
};

struct WeightDevice {
  std::int64_t major = 0;
  std::int64_t minor = 0;
  std::optional<std::uint16_t> weight; // 10 to 1000
  std::optional<std::uint16_t> leaf_weight;
  friend bool operator==(const WeightDevice&, const WeightDevice&) = default;
};

struct ThrottleDevice {
  std::int64_t major = 0;
  std::int64_t minor = 0;
  std::uint64_t rate = 0; // bytes or operations a second
  friend bool operator==(const ThrottleDevice&, const ThrottleDevice&) = default;
};

struct BlockIoResources {
  std::optional<std::uint16_t> weight; // 10 to 1000
  std::optional<std::uint16_t> leaf_weight;
  std::vector<WeightDevice> weight_devices;
  std::vector<ThrottleDevice> read_bps;
  std::vector<ThrottleDevice> write_bps;
  std::vector<ThrottleDevice> read_iops;
  std::vector<ThrottleDevice> write_iops;
  friend bool operator==(const BlockIoResources&, const BlockIoResources&) = default;
};

struct HugepageLimit {
  std::string page_size;   // "2MB", "1GB", as the file names have it
  std::uint64_t limit = 0; // bytes
  friend bool operator==(const HugepageLimit&, const HugepageLimit&) = default;
};

struct InterfacePriority {
  std::string name; // of a network device
  std::uint32_t priority = 0;
  friend bool operator==(const InterfacePriority&, const InterfacePriority&) = default;
};

struct NetworkResources { // v1 only
  std::optional<std::uint32_t> class_id;
  std::vector<InterfacePriority> priorities;
  friend bool operator==(const NetworkResources&, const NetworkResources&) = default;
};

struct RdmaLimit {
  std::string device; // "mlx5_1"
  std::optional<std::uint32_t> hca_handles;
  std::optional<std::uint32_t> hca_objects;
  friend bool operator==(const RdmaLimit&, const RdmaLimit&) = default;
};

struct Resources {
  std::vector<DeviceRule> devices;
  std::optional<MemoryResources> memory;
  std::optional<CpuResources> cpu;
  std::optional<PidsResources> pids;
  std::optional<BlockIoResources> block_io;
  std::vector<HugepageLimit> hugepage_limits;
  std::optional<NetworkResources> network;
  std::vector<RdmaLimit> rdma;
  std::vector<std::pair<std::string, std::string>> unified; // cgroup v2: file name and text, in order
  friend bool operator==(const Resources&, const Resources&) = default;
};

} // namespace phial::kernel
