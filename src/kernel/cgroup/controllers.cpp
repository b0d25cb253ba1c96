// The table of controllers, and the one walk over it.
#include "base/text.hpp"
#include "kernel/cgroup/writes.hpp"

#include <algorithm>
#include <iterator>

namespace phial::kernel {

namespace {

using namespace controllers;

constexpr bool nothing(const Resources&) {
  return false;
}

// cpuset stands first: in version 1 a process cannot enter before it is filled.
constexpr ControllerFacts kControllers[] = {
    {"cpuset", "cpuset", "2.6.24", "5.0", "cgroup-v1/cpusets", "the processors and memory nodes that may be used",
     wants_cpuset, cpuset_v1, cpuset_v2},
    {"cpu", "cpu", "2.6.24", "4.15", "scheduler/sched-bwc", "the share of processor time, and a ceiling for it",
     wants_cpu, cpu_v1, cpu_v2},
    {"cpuacct", "", "2.6.24", "", "cgroup-v1/cpuacct", "nothing; it counts processor time", nothing, nullptr, nullptr},
    {"memory", "memory", "2.6.25", "4.5", "cgroup-v1/memory", "memory and swap", wants_memory, memory_v1, memory_v2},
    {"pids", "pids", "4.3", "4.5", "cgroup-v1/pids", "the number of processes and threads", wants_pids, pids_v1,
     pids_v2},
    {"blkio", "io", "2.6.33", "4.5", "cgroup-v1/blkio-controller", "reading from and writing to block devices",
     wants_io, io_v1, io_v2},
    {"hugetlb", "hugetlb", "3.5", "5.6", "cgroup-v1/hugetlb", "huge pages", wants_hugetlb, hugetlb_v1, hugetlb_v2},
    {"rdma", "rdma", "4.11", "4.11", "cgroup-v1/rdma", "handles and objects of RDMA devices", wants_rdma, rdma_v1,
     rdma_v2},
    {"net_cls", "", "2.6.29", "", "cgroup-v1/net_cls", "nothing; it marks packets with a class", wants_net_cls,
     net_cls_v1, nullptr},
    {"net_prio", "", "3.3", "", "cgroup-v1/net_prio", "nothing; it gives packets a priority per device", wants_net_prio,
     net_prio_v1, nullptr},
    {"perf_event", "perf_event", "2.6.39", "4.11", "perf", "nothing; it lets perf watch one cgroup", nothing, nullptr,
     nullptr},
    {"freezer", "", "2.6.28", "", "cgroup-v1/freezer-subsystem", "nothing; it stops and resumes all processes at once",
     nothing, nullptr, nullptr},
    {"misc", "misc", "5.13", "5.13", "cgroup-v1/misc", "scalar resources such as encrypted-memory keys", nothing,
     nullptr, nullptr},
    {"devices", "", "2.6.26", "", "cgroup-v1/devices", "which devices may be opened and made", nothing, devices_v1,
     nullptr},
};

// The core's files of version 2 that would take the container out of Phial's hands.
constexpr std::string_view kCoreFiles[] = {"cgroup.procs", "cgroup.threads", "cgroup.type", "cgroup.subtree_control",
                                           "cgroup.kill"};

bool is_file_name(std::string_view key) {
  std::size_t dot = key.find('.');
  if (dot == 0 || dot == std::string_view::npos || dot + 1 == key.size())
    return false;
  auto lower_case = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
  auto rest = [&](char c) {
    return lower_case(c) || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
  };
  return std::ranges::all_of(key.substr(0, dot), lower_case) && std::ranges::all_of(key.substr(dot + 1), rest);
}

// linux.resources.unified: files of version 2 by name. They come last, so that they override what was derived.
Result<> unified_writes(const CgroupLayout& layout, const Resources& resources, FileWrites& writes) {
  for (const auto& [key, value] : resources.unified) {
    if (!is_file_name(key))
      return bad_resource("unified", "'" + key + "' is not the name of a cgroup file",
                          "a name is a controller and a file, such as memory.high");
    if (std::ranges::find(kCoreFiles, key) != std::end(kCoreFiles))
      return bad_resource("unified", key + " is the runtime's to write");
    std::string controller(split_once(key, '.').first);
    const CgroupHierarchy* unified = layout.unified();
    if (unified == nullptr || (controller != "cgroup" && !unified->has(controller)))
      return lacking("unified", key + " needs the " + controller + " controller of cgroup v2, which this host lacks",
                     layout.holding(controller) != nullptr
                         ? "here " + controller + " belongs to cgroup v1; use the options that exist in both"
                         : "enable the controller in the kernel, or leave the setting out");
    // Keyed files such as io.max take one line a write.
    for (std::string_view line : split(value, '\n'))
      if (!line.empty())
        writes.push_back(write_v2(controller, key, std::string(line), "unified." + key));
  }
  return {};
}

Result<> controller_writes(const CgroupLayout& layout, const ControllerFacts& row, const CgroupRequest& request,
                           FileWrites& writes) {
  if (!row.v1_name.empty() && row.v1 != nullptr)
    for (const CgroupHierarchy& hierarchy : layout.hierarchies)
      if (hierarchy.version == 1 && hierarchy.has(row.v1_name))
        return row.v1(request, writes);
  const CgroupHierarchy* unified = layout.unified();
  if (!row.v2_name.empty() && row.v2 != nullptr && unified != nullptr && unified->has(row.v2_name))
    return row.v2(request, writes);
  if (!row.wanted(request.resources))
    return {};
  std::string name(row.v2_name.empty() ? row.v1_name : row.v2_name);
  if (row.v2_name.empty() && layout.mode == CgroupMode::v2)
    return lacking("network", "cgroup v2 has no " + name + " controller", "use nftables' \"socket cgroupv2\" instead");
  return fail(Kind::unsupported,
              "a limit was asked for that needs the " + name + " cgroup controller (it limits " +
                  std::string(row.limits) + "), and no mounted cgroup hierarchy has it",
              "see /proc/cgroups; a controller switched off there can be enabled on the kernel's command line");
}

} // namespace

std::span<const ControllerFacts> cgroup_controllers() {
  return kControllers;
}

const ControllerFacts* find_controller(std::string_view name) {
  for (const ControllerFacts& row : kControllers)
    if (row.v1_name == name || (!row.v2_name.empty() && row.v2_name == name))
      return &row;
  return nullptr;
}

Result<FileWrites> cgroup_writes(const CgroupLayout& layout, const CgroupRequest& request) {
  FileWrites writes;
  for (const ControllerFacts& row : kControllers)
    TRY(controller_writes(layout, row, request, writes));
  TRY(unified_writes(layout, request.resources, writes));
  return writes;
}

} // namespace phial::kernel
