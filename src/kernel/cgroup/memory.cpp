// The memory controller. cgroup-v1/memory and cgroup-v2 "Memory" in the kernel's documentation.
#include "kernel/cgroup/writes.hpp"

#include <cerrno>
#include <tuple>

namespace phial::kernel {

namespace {

constexpr std::string_view kController = "memory";

// 0 is what encoders without optional fields write for "not given".
std::optional<std::int64_t> given(const std::optional<std::int64_t>& value) {
  return value && *value != 0 ? value : std::nullopt;
}

Result<> check(const MemoryResources& memory) {
  for (auto [value, field] : {std::pair{&memory.limit, "memory.limit"},
                              {&memory.reservation, "memory.reservation"},
                              {&memory.swap, "memory.swap"}})
    if (*value && **value < -1)
      return bad_resource(field, "a memory size cannot be negative", "-1 stands for no limit");
  auto limit = given(memory.limit);
  auto swap = given(memory.swap);
  if (swap && *swap > 0 && !limit)
    return bad_resource("memory.swap", "a limit for memory and swap needs a limit for memory",
                        "memory.swap counts both together");
  if (swap && *swap > 0 && limit && *limit < 0)
    return bad_resource("memory.swap", "memory has no limit, so memory and swap together cannot have one");
  if (swap && *swap > 0 && limit && *swap < *limit)
    return bad_resource("memory.swap",
                        "the limit for memory and swap (" + std::to_string(*swap) +
                            ") is below the limit for memory (" + std::to_string(*limit) + ")",
                        "memory.swap counts both together: set it to the memory limit for no swap at all");
  if (memory.swappiness && *memory.swappiness > 100)
    return bad_resource("memory.swappiness", "swappiness goes from 0 to 100");
  return {};
}

// What v1 counts as memory and swap; unlimited memory takes the limit of both away too.
std::optional<std::int64_t> swap_v1(const MemoryResources& memory) {
  if (auto swap = given(memory.swap))
    return swap;
  return memory.limit == -1 ? memory.limit : std::nullopt;
}

// The kernel keeps memory <= memory and swap at every moment, so the one that grows goes first.
bool swap_goes_first(const CgroupRequest& request, std::int64_t swap) {
  if (!request.update)
    return false;
  if (swap < 0)
    return true;
  const auto& current = request.current.memory_swap;
  return current && *current >= 0 && *current < swap;
}

void limits_v1(const CgroupRequest& request, const MemoryResources& memory, FileWrites& writes) {
  auto limit = given(memory.limit);
  auto swap = swap_v1(memory);
  FileWrites pair;
  if (limit)
    pair.push_back(write_v1(kController, "memory.limit_in_bytes", std::to_string(*limit), "memory.limit"));
  if (swap) {
    auto write = write_v1(kController, "memory.memsw.limit_in_bytes", std::to_string(*swap), "memory.swap");
    // Without swap accounting the file is missing; then taking away a limit that cannot exist is done already.
    if (*swap < 0)
      write = tolerate(std::move(write), ENOENT);
    pair.insert(swap_goes_first(request, *swap) ? pair.begin() : pair.end(), std::move(write));
  }
  writes.insert(writes.end(), pair.begin(), pair.end());
}

} // namespace

namespace controllers {

bool wants_memory(const Resources& r) {
  return r.memory && *r.memory != MemoryResources{};
}

// memory.kernel is not written in either version: the kernel counts its own memory in memory.limit and dropped the
// separate limit with 5.16.
Result<> memory_v1(const CgroupRequest& request, FileWrites& writes) {
  if (!request.resources.memory)
    return {};
  const MemoryResources& memory = *request.resources.memory;
  TRY(check(memory));
  if (memory.use_hierarchy)
    writes.push_back(
        write_v1(kController, "memory.use_hierarchy", *memory.use_hierarchy ? "1" : "0", "memory.useHierarchy"));
  limits_v1(request, memory, writes);
  if (auto reservation = given(memory.reservation))
    writes.push_back(
        write_v1(kController, "memory.soft_limit_in_bytes", std::to_string(*reservation), "memory.reservation"));
  if (auto tcp = given(memory.kernel_tcp))
    writes.push_back(write_v1(kController, "memory.kmem.tcp.limit_in_bytes", std::to_string(*tcp), "memory.kernelTCP"));
  if (memory.swappiness)
    writes.push_back(
        write_v1(kController, "memory.swappiness", std::to_string(*memory.swappiness), "memory.swappiness"));
  // Written for true only, or on an update: false is how a new cgroup is.
  if (memory.disable_oom_killer && (*memory.disable_oom_killer || request.update))
    writes.push_back(
        write_v1(kController, "memory.oom_control", *memory.disable_oom_killer ? "1" : "0", "memory.disableOOMKiller"));
  return {};
}

Result<> memory_v2(const CgroupRequest& request, FileWrites& writes) {
  if (!request.resources.memory)
    return {};
  const MemoryResources& memory = *request.resources.memory;
  TRY(check(memory));
  // Swappiness, the OOM killer's switch, the separate limit for TCP buffers and useHierarchy are version 1's alone:
  // engines leave them in config.json on either version, and runc passes over them here.
  auto limit = given(memory.limit);
  if (limit)
    writes.push_back(write_v2(kController, "memory.max", or_max(*limit), "memory.limit"));
  auto swap = given(memory.swap);
  if (!swap && limit && *limit < 0)
    swap = -1;
  if (swap) {
    std::string value = *swap < 0 ? "max" : std::to_string(*swap - *limit);
    // A kernel without swap has no such file, and nothing to limit.
    writes.push_back(tolerate(write_v2(kController, "memory.swap.max", value, "memory.swap"), ENOENT));
  }
  if (auto reservation = given(memory.reservation))
    writes.push_back(write_v2(kController, "memory.low", or_max(*reservation), "memory.reservation"));
  return {};
}

} // namespace controllers

Result<> check_memory_update(const MemoryResources& memory, std::uint64_t usage) {
  if (!memory.check_before_update.value_or(false))
    return {};
  for (auto [limit, what, field] :
       {std::tuple{memory.swap, "memory+swap", "memory.swap"}, std::tuple{memory.limit, "memory", "memory.limit"}})
    if (limit && *limit > 0 && static_cast<std::uint64_t>(*limit) <= usage)
      return bad_resource(field,
                          std::string("rejecting ") + what + " limit " + std::to_string(*limit) + " <= usage " +
                              std::to_string(usage),
                          "a lower limit now would have the kernel kill processes of the container");
  return {};
}

} // namespace phial::kernel
