// Shared by the controllers' files of this folder and by nobody else: one line a write.
#pragma once

#include "kernel/cgroup/controller.hpp"

#include <string>
#include <utility>

namespace phial::kernel {

// "linux.resources." + field is where the wish stood in config.json.
inline FileWrite write_v1(std::string_view controller, std::string file, std::string value, std::string_view field) {
  return {
      1, std::string(controller), std::move(file), std::move(value), "linux.resources." + std::string(field), {}, {},
      {}};
}
inline FileWrite write_v2(std::string_view controller, std::string file, std::string value, std::string_view field) {
  return {
      2, std::string(controller), std::move(file), std::move(value), "linux.resources." + std::string(field), {}, {},
      {}};
}
inline FileWrite tolerate(FileWrite write, int number) {
  write.tolerated.push_back(number);
  return write;
}
inline FileWrite otherwise(FileWrite write, std::string file, std::string value) {
  write.fallback_file = std::move(file);
  write.fallback_value = std::move(value);
  return write;
}
// "max" for "no limit", as version 2 spells it.
inline std::string or_max(std::int64_t value) {
  return value < 0 ? "max" : std::to_string(value);
}

inline std::unexpected<Error> bad_resource(std::string_view field, std::string message, std::string hint = {}) {
  auto error = fail(Kind::input, std::move(message), std::move(hint));
  return std::unexpected(std::move(error).error().with_position("linux.resources." + std::string(field)));
}
inline std::unexpected<Error> lacking(std::string_view field, std::string message, std::string hint = {}) {
  auto error = fail(Kind::unsupported, std::move(message), std::move(hint));
  return std::unexpected(std::move(error).error().with_position("linux.resources." + std::string(field)));
}

// The controllers' own functions, one pair a file; the table in controllers.cpp is their only reader.
namespace controllers {
bool wants_memory(const Resources& r);
Result<> memory_v1(const CgroupRequest& request, FileWrites& writes);
Result<> memory_v2(const CgroupRequest& request, FileWrites& writes);
bool wants_cpu(const Resources& r);
Result<> cpu_v1(const CgroupRequest& request, FileWrites& writes);
Result<> cpu_v2(const CgroupRequest& request, FileWrites& writes);
bool wants_cpuset(const Resources& r);
Result<> cpuset_v1(const CgroupRequest& request, FileWrites& writes);
Result<> cpuset_v2(const CgroupRequest& request, FileWrites& writes);
bool wants_pids(const Resources& r);
Result<> pids_v1(const CgroupRequest& request, FileWrites& writes);
Result<> pids_v2(const CgroupRequest& request, FileWrites& writes);
bool wants_io(const Resources& r);
Result<> io_v1(const CgroupRequest& request, FileWrites& writes);
Result<> io_v2(const CgroupRequest& request, FileWrites& writes);
bool wants_hugetlb(const Resources& r);
Result<> hugetlb_v1(const CgroupRequest& request, FileWrites& writes);
Result<> hugetlb_v2(const CgroupRequest& request, FileWrites& writes);
bool wants_rdma(const Resources& r);
Result<> rdma_v1(const CgroupRequest& request, FileWrites& writes);
Result<> rdma_v2(const CgroupRequest& request, FileWrites& writes);
bool wants_net_cls(const Resources& r);
Result<> net_cls_v1(const CgroupRequest& request, FileWrites& writes);
bool wants_net_prio(const Resources& r);
Result<> net_prio_v1(const CgroupRequest& request, FileWrites& writes);
Result<> devices_v1(const CgroupRequest& request, FileWrites& writes);
} // namespace controllers

} // namespace phial::kernel
