#include "kernel/cgroup/stats.hpp"

#include "base/text.hpp"

namespace phial::kernel {

namespace {

// "12.34" -> 1234.
std::optional<std::uint32_t> hundredths(std::string_view text) {
  Halves halves = split_once(text, '.');
  auto whole = parse_uint(halves.first);
  auto part = halves.second && halves.second->size() == 2 ? parse_uint(*halves.second) : std::nullopt;
  if (!whole || !part)
    return std::nullopt;
  return static_cast<std::uint32_t>(*whole * 100 + *part);
}

// "avg10=0.00 avg60=0.00 avg300=0.00 total=0"
std::optional<PressureLine> pressure_line(std::string_view text) {
  PressureLine line;
  for (std::string_view word : split(text, ' ')) {
    Halves halves = split_once(word, '=');
    if (!halves.second)
      return std::nullopt;
    if (halves.first == "total") {
      auto total = parse_uint(*halves.second);
      if (!total)
        return std::nullopt;
      line.total = *total;
      continue;
    }
    auto average = hundredths(*halves.second);
    if (!average)
      return std::nullopt;
    if (halves.first == "avg10")
      line.avg10 = *average;
    else if (halves.first == "avg60")
      line.avg60 = *average;
    else if (halves.first == "avg300")
      line.avg300 = *average;
  }
  return line;
}

// "8:0 Read 4096" lines.
void add_v1(std::string_view text, std::uint64_t& reads, std::uint64_t& writes) {
  for (std::string_view line : split(text, '\n')) {
    std::vector<std::string_view> words = split(line, ' ');
    if (words.size() != 3)
      continue;
    std::uint64_t value = parse_uint(words[2]).value_or(0);
    if (words[1] == "Read")
      reads += value;
    else if (words[1] == "Write")
      writes += value;
  }
}

} // namespace

std::optional<std::uint64_t> flat_value(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.size() > key.size() && line.starts_with(key) && line[key.size()] == ' ')
      return parse_uint(line.substr(key.size() + 1));
  }
  return std::nullopt;
}

std::optional<std::uint64_t> single_value(std::string_view text) {
  return parse_uint(trim(text));
}

std::optional<std::uint64_t> limit_value(std::string_view text) {
  // PAGE_COUNTER_MAX in bytes is 2^63 less a page at most; with 64 KiB pages somewhat less.
  constexpr std::uint64_t kNoLimit = std::uint64_t{0x7fffffffffff0000};
  auto value = single_value(text);
  return value && *value < kNoLimit ? value : std::nullopt;
}

std::optional<std::uint64_t> oom_kills(std::string_view text) {
  return flat_value(text, "oom_kill");
}

bool populated(std::string_view events) {
  return flat_value(events, "populated") == 1;
}
bool frozen(std::string_view events) {
  return flat_value(events, "frozen") == 1;
}
bool frozen_v1(std::string_view state) {
  return trim(state) == "FROZEN";
}

std::optional<std::uint64_t> cpu_usage_v2(std::string_view cpu_stat) {
  auto microseconds = flat_value(cpu_stat, "usage_usec");
  return microseconds ? std::optional(*microseconds * 1000) : std::nullopt;
}

Throttling throttling(std::string_view cpu_stat) {
  Throttling result;
  result.periods = flat_value(cpu_stat, "nr_periods").value_or(0);
  result.throttled = flat_value(cpu_stat, "nr_throttled").value_or(0);
  if (auto microseconds = flat_value(cpu_stat, "throttled_usec"))
    result.throttled_nanoseconds = *microseconds * 1000;
  else
    result.throttled_nanoseconds = flat_value(cpu_stat, "throttled_time").value_or(0);
  return result;
}

MemoryEvents memory_events(std::string_view text) {
  auto value = [text](std::string_view key) { return flat_value(text, key).value_or(0); };
  return {value("low"), value("high"), value("max"), value("oom"), value("oom_kill"), value("oom_group_kill")};
}

std::optional<Pressure> parse_pressure(std::string_view text) {
  std::optional<PressureLine> some;
  std::optional<PressureLine> full;
  for (std::string_view line : split(text, '\n')) {
    if (line.starts_with("some "))
      some = pressure_line(line.substr(5));
    else if (line.starts_with("full "))
      full = pressure_line(line.substr(5));
  }
  if (!some)
    return std::nullopt;
  return Pressure{*some, full};
}

IoTotals io_totals_v2(std::string_view io_stat) {
  IoTotals totals;
  for (std::string_view line : split(io_stat, '\n'))
    for (std::string_view word : split(line, ' ')) {
      Halves halves = split_once(word, '=');
      std::uint64_t value = halves.second ? parse_uint(*halves.second).value_or(0) : 0;
      if (halves.first == "rbytes")
        totals.read_bytes += value;
      else if (halves.first == "wbytes")
        totals.write_bytes += value;
      else if (halves.first == "rios")
        totals.read_operations += value;
      else if (halves.first == "wios")
        totals.write_operations += value;
    }
  return totals;
}

IoTotals io_totals_v1(std::string_view service_bytes, std::string_view serviced) {
  IoTotals totals;
  add_v1(service_bytes, totals.read_bytes, totals.write_bytes);
  add_v1(serviced, totals.read_operations, totals.write_operations);
  return totals;
}

} // namespace phial::kernel
