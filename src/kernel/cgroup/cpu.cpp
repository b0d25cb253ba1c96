// The cpu and the cpuset controller. sched-bwc, cgroup-v1/cpusets and cgroup-v2 "CPU", "Cpuset".
#include "base/text.hpp"
#include "kernel/cgroup/writes.hpp"

#include <cerrno>
#include <cmath>

namespace phial::kernel {

namespace {

constexpr std::string_view kCpu = "cpu";
constexpr std::string_view kCpuset = "cpuset";
constexpr std::uint64_t kSharesMin = 2;
constexpr std::uint64_t kSharesMax = 262144;
constexpr std::uint64_t kWeightMax = 10000;
constexpr std::uint64_t kDefaultPeriod = 100000;
constexpr std::int64_t kQuotaMin = 1000;

Result<> check(const CpuResources& cpu) {
  if (cpu.quota && *cpu.quota > 0 && *cpu.quota < kQuotaMin)
    return bad_resource("cpu.quota", "the kernel takes no quota below 1000 microseconds",
                        "lengthen cpu.period, at most to 1000000, and the quota with it");
  if (cpu.period && *cpu.period != 0 && (*cpu.period < 1000 || *cpu.period > 1000000))
    return bad_resource("cpu.period", "a period lasts from 1000 to 1000000 microseconds");
  if (cpu.burst && *cpu.burst != 0 && cpu.quota && *cpu.quota > 0 &&
      *cpu.burst > static_cast<std::uint64_t>(*cpu.quota))
    return bad_resource("cpu.burst", "the burst is above the quota");
  if (cpu.idle && *cpu.idle != 0 && *cpu.idle != 1)
    return bad_resource("cpu.idle", "idle is 0 or 1");
  return {};
}

bool given(const std::optional<std::uint64_t>& value) {
  return value && *value != 0;
}

// "50000 100000" -> "50000"; "max" where there is nothing.
std::string quota_of(std::string_view cpu_max) {
  std::string_view quota = split_once(trim(cpu_max), ' ').first;
  return quota.empty() ? "max" : std::string(quota);
}
std::string period_of(std::string_view cpu_max) {
  auto period = split_once(trim(cpu_max), ' ').second;
  return period ? std::string(*period) : std::to_string(kDefaultPeriod);
}

// The scheduler refuses weights of an idle cgroup: idle goes off before them and on after them.
void with_idle(std::optional<std::int64_t> idle, FileWrite write, FileWrites& weights, FileWrites& writes) {
  if (idle == 0)
    writes.push_back(write);
  writes.insert(writes.end(), weights.begin(), weights.end());
  if (idle == 1)
    writes.push_back(std::move(write));
}

void bandwidth_v1(const CgroupRequest& request, const CpuResources& cpu, FileWrites& writes) {
  bool quota = cpu.quota && *cpu.quota != 0;
  // No quota at all makes every period and burst acceptable, whatever was set before.
  if (request.update && quota && (given(cpu.period) || cpu.burst))
    writes.push_back(write_v1(kCpu, "cpu.cfs_quota_us", "-1", "cpu.quota"));
  if (given(cpu.period))
    writes.push_back(write_v1(kCpu, "cpu.cfs_period_us", std::to_string(*cpu.period), "cpu.period"));
  auto burst = [&] {
    if (given(cpu.burst) || (cpu.burst && request.update))
      writes.push_back(write_v1(kCpu, "cpu.cfs_burst_us", std::to_string(*cpu.burst), "cpu.burst"));
  };
  if (request.update)
    burst();
  if (quota)
    writes.push_back(write_v1(kCpu, "cpu.cfs_quota_us", std::to_string(*cpu.quota), "cpu.quota"));
  if (!request.update)
    burst();
}

void bandwidth_v2(const CgroupRequest& request, const CpuResources& cpu, FileWrites& writes) {
  bool quota = cpu.quota && *cpu.quota != 0;
  std::string_view field = quota ? "cpu.quota" : "cpu.period";
  bool burst = given(cpu.burst) || (cpu.burst && request.update);
  if (request.update && quota && burst)
    writes.push_back(write_v2(kCpu, "cpu.max", "max", "cpu.quota"));
  if (burst && request.update)
    writes.push_back(write_v2(kCpu, "cpu.max.burst", std::to_string(*cpu.burst), "cpu.burst"));
  if (quota || given(cpu.period)) {
    std::string time = quota ? or_max(*cpu.quota) : quota_of(request.current.cpu_max);
    std::string period = given(cpu.period) ? std::to_string(*cpu.period) : period_of(request.current.cpu_max);
    writes.push_back(write_v2(kCpu, "cpu.max", time + " " + period, field));
  }
  if (burst && !request.update)
    writes.push_back(write_v2(kCpu, "cpu.max.burst", std::to_string(*cpu.burst), "cpu.burst"));
}

} // namespace

std::uint64_t weight_of_shares(std::uint64_t shares) {
  if (shares == 0)
    return 0;
  if (shares <= kSharesMin)
    return 1;
  if (shares >= kSharesMax)
    return kWeightMax;
  // A parabola in the logarithms through (2, 1), (1024, 100) and (262144, 10000).
  double power = std::log2(static_cast<double>(shares));
  double exponent = (power * power + 125 * power) / 612.0 - 7.0 / 34.0;
  // 1024 is to be exactly 100; the double lies a hair to either side of it.
  return static_cast<std::uint64_t>(std::ceil(std::pow(10.0, exponent) - 1e-9));
}

namespace controllers {

bool wants_cpu(const Resources& r) {
  if (!r.cpu)
    return false;
  CpuResources rest = *r.cpu;
  rest.cpus.clear();
  rest.mems.clear();
  return rest != CpuResources{};
}

Result<> cpu_v1(const CgroupRequest& request, FileWrites& writes) {
  if (!request.resources.cpu)
    return {};
  const CpuResources& cpu = *request.resources.cpu;
  TRY(check(cpu));
  FileWrites weights;
  if (given(cpu.shares))
    weights.push_back(write_v1(kCpu, "cpu.shares", std::to_string(*cpu.shares), "cpu.shares"));
  with_idle(cpu.idle, write_v1(kCpu, "cpu.idle", std::to_string(cpu.idle.value_or(0)), "cpu.idle"), weights, writes);
  bandwidth_v1(request, cpu, writes);
  if (given(cpu.realtime_period))
    writes.push_back(write_v1(kCpu, "cpu.rt_period_us", std::to_string(*cpu.realtime_period), "cpu.realtimePeriod"));
  if (cpu.realtime_runtime && *cpu.realtime_runtime != 0)
    writes.push_back(write_v1(kCpu, "cpu.rt_runtime_us", std::to_string(*cpu.realtime_runtime), "cpu.realtimeRuntime"));
  return {};
}

Result<> cpu_v2(const CgroupRequest& request, FileWrites& writes) {
  if (!request.resources.cpu)
    return {};
  const CpuResources& cpu = *request.resources.cpu;
  TRY(check(cpu));
  if (given(cpu.realtime_period) || cpu.realtime_runtime.value_or(0) != 0)
    return lacking("cpu.realtimeRuntime", "cgroup v2 does not ration real-time processes",
                   "leave realtimeRuntime and realtimePeriod out");
  FileWrites weights;
  if (given(cpu.shares))
    weights.push_back(write_v2(kCpu, "cpu.weight", std::to_string(weight_of_shares(*cpu.shares)), "cpu.shares"));
  with_idle(cpu.idle, write_v2(kCpu, "cpu.idle", std::to_string(cpu.idle.value_or(0)), "cpu.idle"), weights, writes);
  bandwidth_v2(request, cpu, writes);
  return {};
}

bool wants_cpuset(const Resources& r) {
  return r.cpu && (!r.cpu->cpus.empty() || !r.cpu->mems.empty());
}

Result<> cpuset_v1(const CgroupRequest& request, FileWrites& writes) {
  CpuResources none;
  const CpuResources& cpu = request.resources.cpu ? *request.resources.cpu : none;
  const std::string& cpus = cpu.cpus.empty() && !request.update ? request.parent_cpus : cpu.cpus;
  const std::string& mems = cpu.mems.empty() && !request.update ? request.parent_mems : cpu.mems;
  if (!cpus.empty())
    writes.push_back(write_v1(kCpuset, "cpuset.cpus", cpus, "cpu.cpus"));
  if (!mems.empty())
    writes.push_back(write_v1(kCpuset, "cpuset.mems", mems, "cpu.mems"));
  return {};
}

Result<> cpuset_v2(const CgroupRequest& request, FileWrites& writes) {
  if (!request.resources.cpu)
    return {};
  const CpuResources& cpu = *request.resources.cpu;
  if (!cpu.cpus.empty())
    writes.push_back(write_v2(kCpuset, "cpuset.cpus", cpu.cpus, "cpu.cpus"));
  if (!cpu.mems.empty())
    writes.push_back(write_v2(kCpuset, "cpuset.mems", cpu.mems, "cpu.mems"));
  return {};
}

} // namespace controllers

FileWrites inherited_cpuset(std::string_view parent_cpus, std::string_view parent_mems) {
  FileWrites writes;
  if (!parent_cpus.empty())
    writes.push_back(write_v1(kCpuset, "cpuset.cpus", std::string(parent_cpus), "cpu.cpus"));
  if (!parent_mems.empty())
    writes.push_back(write_v1(kCpuset, "cpuset.mems", std::string(parent_mems), "cpu.mems"));
  return writes;
}

} // namespace phial::kernel
