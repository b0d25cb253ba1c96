#include "runtime/figures.hpp"

#include "base/text.hpp"
#include "kernel/cgroup/stats.hpp"

#include <algorithm>
#include <limits>

namespace phial::runtime {

namespace {

constexpr std::uint64_t kTick = 10'000'000; // nanoseconds of a USER_HZ
constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();

// encoding/json's omitempty: nothing where it is 0.
void put(Json& out, std::string_view key, std::uint64_t value) {
  if (value != 0)
    out.set(key, value);
}

void put_object(Json& out, std::string_view key, Json value) {
  if (!value.is_null())
    out.set(key, std::move(value));
}

std::uint64_t number(std::string_view text) {
  return kernel::single_value(text).value_or(0);
}

// A limit as version 2 writes it: "max" is the largest number there is.
std::uint64_t limit(std::string_view text) {
  return trim(text) == "max" ? kNoLimit : number(text);
}

Json numbers(std::string_view text) {
  Json out = Json::array();
  for (std::string_view word : split(trim(text), ' '))
    if (std::optional<std::uint64_t> value = parse_uint(word))
      out.push(*value);
  return out;
}

void put_list(Json& out, std::string_view key, Json list) {
  if (list.size() != 0)
    out.set(key, std::move(list));
}

// "cpu user system\n0 12 3\n": a column of cpuacct.usage_all.
Json column(std::string_view text, std::size_t index) {
  Json out = Json::array();
  for (std::string_view line : split(text, '\n')) {
    std::vector<std::string_view> words = split(line, ' ');
    if (words.size() > index && words[0] != "cpu")
      out.push(parse_uint(words[index]).value_or(0));
  }
  return out;
}

Json usage_v1(const FigureSource& source) {
  Json out = Json::object();
  put(out, "total", number(source.read("cpuacct", "cpuacct.usage")));
  put_list(out, "percpu", numbers(source.read("cpuacct", "cpuacct.usage_percpu")));
  std::string all = source.read("cpuacct", "cpuacct.usage_all");
  put_list(out, "percpu_kernel", column(all, 2));
  put_list(out, "percpu_user", column(all, 1));
  std::string ticks = source.read("cpuacct", "cpuacct.stat");
  out.set("kernel", kernel::flat_value(ticks, "system").value_or(0) * kTick);
  out.set("user", kernel::flat_value(ticks, "user").value_or(0) * kTick);
  return out;
}

Json usage_v2(std::string_view stat) {
  Json out = Json::object();
  put(out, "total", kernel::cpu_usage_v2(stat).value_or(0));
  out.set("kernel", kernel::flat_value(stat, "system_usec").value_or(0) * 1000);
  out.set("user", kernel::flat_value(stat, "user_usec").value_or(0) * 1000);
  return out;
}

Json average(std::uint32_t hundredths) {
  if (hundredths % 100 == 0)
    return hundredths / 100;
  return hundredths / 100.0;
}

Json pressure_line(const kernel::PressureLine& line) {
  return Json::object()
      .set("avg10", average(line.avg10))
      .set("avg60", average(line.avg60))
      .set("avg300", average(line.avg300))
      .set("total", line.total);
}

} // namespace

Json pressure_figures(std::string_view text) {
  std::optional<kernel::Pressure> pressure = kernel::parse_pressure(text);
  if (!pressure)
    return {};
  Json out = Json::object().set("some", pressure_line(pressure->some));
  out.set("full", pressure_line(pressure->full.value_or(kernel::PressureLine{})));
  return out;
}

Json cpu_figures(const FigureSource& source) {
  bool v1 = source.version("cpuacct") == 1;
  std::string stat = source.read(source.version("cpu") == 0 ? "" : "cpu", "cpu.stat");
  Json out = Json::object().set("usage", v1 ? usage_v1(source) : usage_v2(stat));
  kernel::Throttling throttling = kernel::throttling(stat);
  Json throttled = Json::object();
  put(throttled, "periods", throttling.periods);
  put(throttled, "throttledPeriods", throttling.throttled);
  put(throttled, "throttledTime", throttling.throttled_nanoseconds);
  out.set("throttling", std::move(throttled));
  put_object(out, "psi", pressure_figures(source.read("", "cpu.pressure")));
  return out;
}

namespace {

// "0-2,7" as [0,1,2,7].
Json list_of(std::string_view text) {
  Json out = Json::array();
  constexpr std::uint64_t kMost = 65535;
  for (std::string_view part : split(trim(text), ',')) {
    Halves ends = split_once(part, '-');
    std::optional<std::uint64_t> first = parse_uint(ends.first);
    std::optional<std::uint64_t> last = ends.second ? parse_uint(*ends.second) : first;
    if (!first || !last)
      continue;
    for (std::uint64_t i = *first; i <= std::min(*last, kMost); ++i)
      out.push(i);
  }
  return out;
}

} // namespace

Json cpuset_figures(const FigureSource& source) {
  Json out = Json::object();
  bool v1 = source.version("cpuset") == 1;
  auto text = [&](const char* file) { return v1 ? source.read("cpuset", file) : std::string(); };
  put_list(out, "cpus", list_of(v1 ? text("cpuset.cpus") : source.read("cpuset", "cpuset.cpus.effective")));
  out.set("cpu_exclusive", number(text("cpuset.cpu_exclusive")));
  put_list(out, "mems", list_of(v1 ? text("cpuset.mems") : source.read("cpuset", "cpuset.mems.effective")));
  for (const char* flag : {"mem_hardwall", "mem_exclusive", "memory_migrate", "memory_spread_page",
                           "memory_spread_slab", "memory_pressure", "sched_load_balance"})
    out.set(flag, number(text((std::string("cpuset.") + flag).c_str())));
  out.set("sched_relax_domain_level", parse_int(trim(text("cpuset.sched_relax_domain_level"))).value_or(0));
  return out;
}

namespace {

Json memory_entry(std::uint64_t most, std::uint64_t usage, std::uint64_t peak, std::uint64_t failures) {
  Json out = Json::object().set("limit", most);
  put(out, "usage", usage);
  put(out, "max", peak);
  out.set("failcnt", failures);
  return out;
}

Json entry_v1(const FigureSource& source, const std::string& name) {
  auto read = [&](const char* file) { return number(source.read("memory", name + "." + file)); };
  return memory_entry(read("limit_in_bytes"), read("usage_in_bytes"), read("max_usage_in_bytes"), read("failcnt"));
}

// Version 2 counts swap alone, runc's schema memory and swap together.
void memory_v2(const FigureSource& source, Json& out) {
  auto read = [&](const char* file) { return source.read("memory", file); };
  std::uint64_t usage = number(read("memory.current"));
  std::uint64_t most = limit(read("memory.max"));
  std::uint64_t failures = kernel::memory_events(read("memory.events")).max;
  out.set("usage", memory_entry(most, usage, number(read("memory.peak")), failures));
  std::string swap = read("memory.swap.current");
  std::uint64_t swap_limit = limit(read("memory.swap.max"));
  std::uint64_t both = swap_limit == kNoLimit || most == kNoLimit ? kNoLimit : swap_limit + most;
  out.set("swap", swap.empty() ? memory_entry(0, 0, 0, 0)
                               : memory_entry(both, number(swap) + usage, 0,
                                              kernel::flat_value(read("memory.swap.events"), "max").value_or(0)));
  out.set("kernel", memory_entry(0, 0, 0, 0));
  out.set("kernelTCP", memory_entry(0, 0, 0, 0));
}

// memory.stat whole, sorted by name.
Json raw(std::string_view stat) {
  std::vector<Json::Member> members;
  for (std::string_view line : split(stat, '\n')) {
    Halves halves = split_once(line, ' ');
    if (std::optional<std::uint64_t> value = halves.second ? parse_uint(*halves.second) : std::nullopt)
      members.push_back({std::string(halves.first), *value});
  }
  std::ranges::sort(members, {}, &Json::Member::key);
  return members.empty() ? Json() : Json::object(std::move(members));
}

} // namespace

Json memory_figures(const FigureSource& source) {
  Json out = Json::object();
  std::string stat = source.read("memory", "memory.stat");
  bool v1 = source.version("memory") == 1;
  put(out, "cache", kernel::flat_value(stat, v1 ? "cache" : "file").value_or(0));
  if (v1) {
    out.set("usage", entry_v1(source, "memory"));
    out.set("swap", entry_v1(source, "memory.memsw"));
    out.set("kernel", entry_v1(source, "memory.kmem"));
    out.set("kernelTCP", entry_v1(source, "memory.kmem.tcp"));
  } else {
    memory_v2(source, out);
  }
  put_object(out, "raw", raw(stat));
  put_object(out, "psi", pressure_figures(source.read("", "memory.pressure")));
  return out;
}

Json pids_figures(const FigureSource& source) {
  Json out = Json::object();
  put(out, "current", number(source.read("pids", "pids.current")));
  put(out, "limit", number(source.read("pids", "pids.max")));
  return out;
}

Json figures_json(const FigureSource& source) {
  Json network = network_figures(source.network_devices());
  return Json::object()
      .set("cpu", cpu_figures(source))
      .set("cpuset", cpuset_figures(source))
      .set("memory", memory_figures(source))
      .set("pids", pids_figures(source))
      .set("blkio", io_figures(source))
      .set("hugetlb", hugetlb_figures(source))
      .set("intel_rdt", Json::object())
      .set("network_interfaces", std::move(network));
}

} // namespace phial::runtime
