#include "runtime/update_resources.hpp"

#include <algorithm>

namespace phial::runtime {

namespace {

using kernel::Resources;

template <class T> void take(std::optional<T>& into, const std::optional<T>& from) {
  if (from)
    into = from;
}
// The same where 0 is "not given".
template <class T> void take_given(std::optional<T>& into, const std::optional<T>& from) {
  if (from && *from != 0)
    into = from;
}
void take(std::string& into, const std::string& from) {
  if (!from.empty())
    into = from;
}

// Elements of `from` replace those of `into` that are for the same thing, or join them.
template <class T, class Same> void take_each(std::vector<T>& into, const std::vector<T>& from, Same same) {
  for (const T& entry : from) {
    auto found = std::ranges::find_if(into, [&](const T& other) { return same(other, entry); });
    if (found == into.end())
      into.push_back(entry);
    else
      *found = entry;
  }
}

constexpr auto kSameDevice = [](const auto& a, const auto& b) { return a.major == b.major && a.minor == b.minor; };

void put(kernel::MemoryResources& into, const kernel::MemoryResources& from) {
  take_given(into.limit, from.limit);
  take_given(into.reservation, from.reservation);
  take_given(into.swap, from.swap);
  take_given(into.kernel, from.kernel);
  take_given(into.kernel_tcp, from.kernel_tcp);
  take(into.swappiness, from.swappiness);
  take(into.disable_oom_killer, from.disable_oom_killer);
  take(into.use_hierarchy, from.use_hierarchy);
  if (from.limit == -1 && !from.swap)
    into.swap = -1;
}

void put(kernel::CpuResources& into, const kernel::CpuResources& from) {
  take_given(into.shares, from.shares);
  take_given(into.quota, from.quota);
  take(into.burst, from.burst);
  take_given(into.period, from.period);
  take_given(into.realtime_runtime, from.realtime_runtime);
  take_given(into.realtime_period, from.realtime_period);
  take(into.cpus, from.cpus);
  take(into.mems, from.mems);
  take(into.idle, from.idle);
}

void put(kernel::BlockIoResources& into, const kernel::BlockIoResources& from) {
  take_given(into.weight, from.weight);
  take_given(into.leaf_weight, from.leaf_weight);
  take_each(into.weight_devices, from.weight_devices, kSameDevice);
  take_each(into.read_bps, from.read_bps, kSameDevice);
  take_each(into.write_bps, from.write_bps, kSameDevice);
  take_each(into.read_iops, from.read_iops, kSameDevice);
  take_each(into.write_iops, from.write_iops, kSameDevice);
}

void put(kernel::NetworkResources& into, const kernel::NetworkResources& from) {
  take(into.class_id, from.class_id);
  take_each(into.priorities, from.priorities, [](const auto& a, const auto& b) { return a.name == b.name; });
}

template <class T> void put_part(std::optional<T>& into, const std::optional<T>& from) {
  if (!from)
    return;
  if (!into)
    into.emplace();
  put(*into, *from);
}

} // namespace

Resources updated(Resources stored, const Resources& wanted) {
  put_part(stored.memory, wanted.memory);
  put_part(stored.cpu, wanted.cpu);
  put_part(stored.block_io, wanted.block_io);
  put_part(stored.network, wanted.network);
  if (wanted.pids && wanted.pids->limit)
    stored.pids = wanted.pids;
  take_each(stored.hugepage_limits, wanted.hugepage_limits,
            [](const auto& a, const auto& b) { return a.page_size == b.page_size; });
  take_each(stored.rdma, wanted.rdma, [](const auto& a, const auto& b) { return a.device == b.device; });
  take_each(stored.unified, wanted.unified, [](const auto& a, const auto& b) { return a.first == b.first; });
  return stored;
}

Resources written_for(Resources wanted, const Resources& stored) {
  wanted.devices.clear();
  if (wanted.memory && wanted.memory->swap.value_or(0) > 0 && wanted.memory->limit.value_or(0) == 0 && stored.memory)
    wanted.memory->limit = stored.memory->limit;
  return wanted;
}

} // namespace phial::runtime
