// The controllers that are a line or two each: pids, hugetlb, rdma, net_cls, net_prio, and devices of version 1.
#include "kernel/cgroup/writes.hpp"
#include "kernel/devices.hpp"

#include <cerrno>

namespace phial::kernel::controllers {

namespace {

// rdma.max is the same in both versions.
Result<> rdma(const CgroupRequest& request, FileWrites& writes, int version) {
  for (const RdmaLimit& limit : request.resources.rdma) {
    if (limit.device.empty() || limit.device.find_first_of(" \n") != std::string::npos)
      return bad_resource("rdma", "'" + limit.device + "' is not the name of an RDMA device");
    std::string text = limit.device;
    if (limit.hca_handles)
      text += " hca_handle=" + std::to_string(*limit.hca_handles);
    if (limit.hca_objects)
      text += " hca_object=" + std::to_string(*limit.hca_objects);
    auto write = version == 1 ? write_v1 : write_v2;
    if (limit.hca_handles || limit.hca_objects)
      writes.push_back(write("rdma", "rdma.max", std::move(text), "rdma"));
  }
  return {};
}

Result<> pids(const CgroupRequest& request, FileWrites& writes, int version) {
  if (!wants_pids(request.resources))
    return {};
  auto write = version == 1 ? write_v1 : write_v2;
  // 0 would forbid the container's first process where it is born in the cgroup; 1 forbids every other.
  std::int64_t limit = *request.resources.pids->limit;
  writes.push_back(write("pids", "pids.max", or_max(limit == 0 ? 1 : limit), "pids.limit"));
  return {};
}

// The name goes into a file's name, so nothing but a size may be in it.
Result<> check_page_size(const std::string& size) {
  bool unit = size.ends_with("KB") || size.ends_with("MB") || size.ends_with("GB");
  if (!unit || size.size() < 3 || size.find_first_not_of("0123456789") != size.size() - 2 || size.front() == '0')
    return bad_resource("hugepageLimits.pageSize", "'" + size + "' is not a size of huge pages",
                        "it is written as the kernel does, for example 2MB or 1GB");
  return {};
}

// Reserved pages have a limit of their own since 5.7; without it a process could reserve without limit.
Result<> hugetlb(const CgroupRequest& request, FileWrites& writes, int version) {
  std::string_view tail = version == 1 ? "limit_in_bytes" : "max";
  auto write = version == 1 ? write_v1 : write_v2;
  for (const HugepageLimit& row : request.resources.hugepage_limits) {
    TRY(check_page_size(row.page_size));
    std::string head = "hugetlb." + row.page_size + ".";
    std::string value = std::to_string(row.limit);
    writes.push_back(write("hugetlb", head + std::string(tail), value, "hugepageLimits"));
    writes.push_back(tolerate(write("hugetlb", head + "rsvd." + std::string(tail), value, "hugepageLimits"), ENOENT));
  }
  return {};
}

} // namespace

bool wants_pids(const Resources& r) {
  return r.pids && r.pids->limit;
}
Result<> pids_v1(const CgroupRequest& request, FileWrites& writes) {
  return pids(request, writes, 1);
}
Result<> pids_v2(const CgroupRequest& request, FileWrites& writes) {
  return pids(request, writes, 2);
}

bool wants_hugetlb(const Resources& r) {
  return !r.hugepage_limits.empty();
}
Result<> hugetlb_v1(const CgroupRequest& request, FileWrites& writes) {
  return hugetlb(request, writes, 1);
}
Result<> hugetlb_v2(const CgroupRequest& request, FileWrites& writes) {
  return hugetlb(request, writes, 2);
}

bool wants_rdma(const Resources& r) {
  return !r.rdma.empty();
}
Result<> rdma_v1(const CgroupRequest& request, FileWrites& writes) {
  return rdma(request, writes, 1);
}
Result<> rdma_v2(const CgroupRequest& request, FileWrites& writes) {
  return rdma(request, writes, 2);
}

bool wants_net_cls(const Resources& r) {
  return r.network && r.network->class_id;
}
Result<> net_cls_v1(const CgroupRequest& request, FileWrites& writes) {
  if (wants_net_cls(request.resources))
    writes.push_back(write_v1("net_cls", "net_cls.classid", std::to_string(*request.resources.network->class_id),
                              "network.classID"));
  return {};
}

bool wants_net_prio(const Resources& r) {
  return r.network && !r.network->priorities.empty();
}
Result<> net_prio_v1(const CgroupRequest& request, FileWrites& writes) {
  if (!wants_net_prio(request.resources))
    return {};
  for (const InterfacePriority& row : request.resources.network->priorities)
    writes.push_back(write_v1("net_prio", "net_prio.ifpriomap", row.name + " " + std::to_string(row.priority),
                              "network.priorities"));
  return {};
}

Result<> devices_v1(const CgroupRequest& request, FileWrites& writes) {
  for (DeviceListWrite& rule : device_list_writes(request.resources.devices))
    writes.push_back(
        write_v1("devices", rule.allow ? "devices.allow" : "devices.deny", std::move(rule.text), "devices"));
  return {};
}

} // namespace phial::kernel::controllers
