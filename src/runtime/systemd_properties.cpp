// Limits as properties of a unit, for cgroup v2. Pure.
#include "base/text.hpp"
#include "kernel/cgroup/controller.hpp"
#include "runtime/systemd.hpp"

#include <algorithm>

namespace phial::runtime {

namespace {

using kernel::Resources;

constexpr std::uint64_t kInfinity = ~0ULL;
constexpr std::uint64_t kSecond = 1'000'000; // microseconds
constexpr std::uint64_t kPercent = kSecond / 100;
constexpr std::uint64_t kDefaultPeriod = 100'000;
constexpr std::uint64_t kMostProcessors = 8192;

class Properties {
public:
  // The last word about a property counts.
  void set(std::string name, Variant value) {
    std::erase_if(list_, [&](const SystemdProperty& known) { return known.name == name; });
    list_.push_back({std::move(name), std::move(value)});
  }
  void size(std::string name, std::int64_t value) {
    set(std::move(name), variant_of(value < 0 ? kInfinity : static_cast<std::uint64_t>(value)));
  }
  std::vector<SystemdProperty> take() { return std::move(list_); }

private:
  std::vector<SystemdProperty> list_;
};

// 0 is what encoders without optional fields write for "not given".
template <class T> bool given(const std::optional<T>& value) {
  return value && *value != 0;
}

// "0-3,5" -> a bit for each, the lowest first.
Result<std::vector<std::uint8_t>> bits_of(std::string_view list, std::string_view field) {
  std::vector<std::uint8_t> out;
  for (std::string_view part : split(list, ',')) {
    Halves ends = split_once(trim(part), '-');
    auto first = parse_uint(ends.first);
    auto last = ends.second ? parse_uint(*ends.second) : first;
    if (!first || !last || *last < *first || *last >= kMostProcessors) {
      auto error = fail(Kind::input, "'" + std::string(list) + "' is no list of numbers", "for example 0-3,5");
      return std::unexpected(std::move(error).error().with_position("linux.resources." + std::string(field)));
    }
    out.resize(std::max<std::size_t>(out.size(), *last / 8 + 1));
    for (std::uint64_t i = *first; i <= *last; ++i)
      out[i / 8] = static_cast<std::uint8_t>(out[i / 8] | 1U << (i % 8));
  }
  return out;
}

void add_memory(const Resources& resources, Properties& out) {
  if (!resources.memory)
    return;
  const kernel::MemoryResources& memory = *resources.memory;
  if (given(memory.limit))
    out.size("MemoryMax", *memory.limit);
  if (given(memory.reservation))
    out.size("MemoryLow", *memory.reservation);
  if (given(memory.swap) && (*memory.swap < 0 || (given(memory.limit) && *memory.swap >= *memory.limit)))
    out.size("MemorySwapMax", *memory.swap < 0 ? -1 : *memory.swap - *memory.limit);
  else if (memory.limit == -1)
    out.size("MemorySwapMax", -1);
}

// systemd keeps a quota as whole percents of one processor: rounded up, the container never gets less than asked for.
std::uint64_t quota_a_second(std::uint64_t quota, std::uint64_t period) {
  if (quota / period >= kMostProcessors)
    return kInfinity;
  std::uint64_t out = quota / period * kSecond + quota % period * kSecond / period;
  return (out + kPercent - 1) / kPercent * kPercent;
}

// 0: not given.
void add_quota(std::int64_t quota, std::uint64_t period, Properties& out) {
  if (period != 0)
    out.set("CPUQuotaPeriodUSec", variant_of(period));
  if (quota == 0)
    return;
  std::uint64_t used = period != 0 ? period : kDefaultPeriod;
  out.set("CPUQuotaPerSecUSec",
          variant_of(quota < 0 ? kInfinity : quota_a_second(static_cast<std::uint64_t>(quota), used)));
}

Result<> add_cpu(const Resources& resources, Properties& out) {
  if (!resources.cpu)
    return {};
  const kernel::CpuResources& cpu = *resources.cpu;
  if (given(cpu.shares))
    out.set("CPUWeight", variant_of(kernel::weight_of_shares(*cpu.shares)));
  add_quota(cpu.quota.value_or(0), cpu.period.value_or(0), out);
  if (!cpu.cpus.empty())
    out.set("AllowedCPUs", variant_of_bytes(TRY(bits_of(cpu.cpus, "cpu.cpus"))));
  if (!cpu.mems.empty())
    out.set("AllowedMemoryNodes", variant_of_bytes(TRY(bits_of(cpu.mems, "cpu.mems"))));
  return {};
}

// TasksMax=0 is refused by systemd; the file gets the 0.
void add_tasks(std::int64_t limit, Properties& out) {
  out.size("TasksMax", limit == 0 ? 1 : limit);
}

struct UnifiedSize {
  std::string_view file;
  std::string_view property;
};
constexpr UnifiedSize kUnifiedSizes[] = {{"memory.min", "MemoryMin"},          {"memory.low", "MemoryLow"},
                                         {"memory.high", "MemoryHigh"},        {"memory.max", "MemoryMax"},
                                         {"memory.swap.max", "MemorySwapMax"}, {"cpu.weight", "CPUWeight"}};

void add_unified_quota(std::string_view text, Properties& out) {
  Halves halves = split_once(trim(text), ' ');
  std::uint64_t period = halves.second ? parse_uint(trim(*halves.second)).value_or(0) : 0;
  std::int64_t quota = halves.first == "max" ? -1 : parse_int(halves.first).value_or(0);
  if (quota >= -1)
    add_quota(quota, period, out);
}

// What is written into a file of version 2 by its name. A value that is not understood is the file's matter alone.
Result<> add_unified(const std::string& file, std::string_view text, Properties& out) {
  text = trim(text);
  std::optional<std::int64_t> number = text == "max" ? std::optional<std::int64_t>(-1) : parse_int(text);
  for (const UnifiedSize& row : kUnifiedSizes)
    if (row.file == file && number)
      out.size(std::string(row.property), *number);
  if (file == "pids.max" && number)
    add_tasks(*number, out);
  if (file == "cpu.max")
    add_unified_quota(text, out);
  if (file == "cpuset.cpus" && !text.empty())
    out.set("AllowedCPUs", variant_of_bytes(TRY(bits_of(text, "unified." + file))));
  if (file == "cpuset.mems" && !text.empty())
    out.set("AllowedMemoryNodes", variant_of_bytes(TRY(bits_of(text, "unified." + file))));
  return {};
}

} // namespace

Result<std::vector<SystemdProperty>> systemd_properties(const Resources& resources) {
  Properties out;
  add_memory(resources, out);
  TRY(add_cpu(resources, out));
  if (resources.pids && resources.pids->limit)
    add_tasks(*resources.pids->limit, out);
  if (resources.block_io && given(resources.block_io->weight))
    out.set("IOWeight", variant_of(kernel::io_weight_of_blkio(*resources.block_io->weight)));
  for (const auto& [file, text] : resources.unified)
    TRY(add_unified(file, text, out));
  return out.take();
}

} // namespace phial::runtime
