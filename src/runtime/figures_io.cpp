// The figures of block devices, huge pages and network devices.
#include "base/text.hpp"
#include "kernel/cgroup/stats.hpp"
#include "runtime/figures.hpp"

#include <algorithm>
#include <array>

namespace phial::runtime {

namespace {

Json entry(std::string_view device, std::string_view operation, std::uint64_t value) {
  Halves number = split_once(device, ':');
  Json out = Json::object();
  for (auto [key, text] : {std::pair{"major", number.first}, std::pair{"minor", number.second.value_or("")}})
    if (std::uint64_t part = parse_uint(text).value_or(0); part != 0)
      out.set(key, part);
  if (!operation.empty())
    out.set("op", operation);
  if (value != 0)
    out.set("value", value);
  return out;
}

// Lines of version 1: "8:0 Read 4096", "8:0 4096"; the sum over all devices, "Total 4096", is left out.
Json entries_v1(std::string_view text) {
  Json out = Json::array();
  for (std::string_view line : split(text, '\n')) {
    std::vector<std::string_view> words = split(line, ' ');
    if (words.size() < 2 || words[0] == "Total")
      continue;
    out.push(entry(words[0], words.size() > 2 ? words[1] : "", parse_uint(words.back()).value_or(0)));
  }
  return out;
}

void put(Json& out, std::string_view key, Json list) {
  if (list.size() != 0)
    out.set(key, std::move(list));
}

struct Table {
  std::string_view key;
  std::string_view file; // behind "blkio." or "blkio.bfq."
};

// What the scheduler of the devices counts, or what the throttling layer does where none counts.
void io_v1(const FigureSource& source, Json& out) {
  constexpr std::array<Table, 8> kTables = {{{"ioServiceBytesRecursive", "io_service_bytes_recursive"},
                                             {"ioServicedRecursive", "io_serviced_recursive"},
                                             {"ioQueueRecursive", "io_queued_recursive"},
                                             {"ioServiceTimeRecursive", "io_service_time_recursive"},
                                             {"ioWaitTimeRecursive", "io_wait_time_recursive"},
                                             {"ioMergedRecursive", "io_merged_recursive"},
                                             {"ioTimeRecursive", "time_recursive"},
                                             {"sectorsRecursive", "sectors_recursive"}}};
  for (const char* prefix : {"blkio.bfq.", "blkio."}) {
    if (entries_v1(source.read("io", std::string(prefix) + "io_serviced_recursive")).size() == 0)
      continue;
    for (const Table& table : kTables)
      put(out, table.key, entries_v1(source.read("io", prefix + std::string(table.file))));
    return;
  }
  for (const Table& table : {kTables[0], kTables[1]}) {
    std::string text = source.read("io", "blkio.throttle." + std::string(table.file));
    if (text.empty()) // before 4.17
      text = source.read("io", "blkio.throttle." + std::string(table.file.substr(0, table.file.rfind('_'))));
    put(out, table.key, entries_v1(text));
  }
}

// "8:0 rbytes=4096 wbytes=0 rios=1 wios=0 dbytes=0 dios=0"
void io_v2(std::string_view stat, Json& out) {
  Json bytes = Json::array();
  Json operations = Json::array();
  for (std::string_view line : split(stat, '\n')) {
    std::vector<std::string_view> words = split(line, ' ');
    for (std::string_view word : words) {
      Halves halves = split_once(word, '=');
      std::optional<std::uint64_t> value = halves.second ? parse_uint(*halves.second) : std::nullopt;
      if (!value)
        continue;
      if (halves.first == "rbytes" || halves.first == "wbytes")
        bytes.push(entry(words[0], halves.first[0] == 'r' ? "Read" : "Write", *value));
      else if (halves.first == "rios" || halves.first == "wios")
        operations.push(entry(words[0], halves.first[0] == 'r' ? "Read" : "Write", *value));
    }
  }
  put(out, "ioServiceBytesRecursive", std::move(bytes));
  put(out, "ioServicedRecursive", std::move(operations));
}

} // namespace

Json io_figures(const FigureSource& source) {
  Json out = Json::object();
  if (source.version("io") == 1)
    io_v1(source, out);
  else
    io_v2(source.read("io", "io.stat"), out);
  if (Json pressure = pressure_figures(source.read("", "io.pressure")); !pressure.is_null())
    out.set("psi", std::move(pressure));
  return out;
}

Json hugetlb_figures(const FigureSource& source) {
  Json out = Json::object();
  int version = source.version("hugetlb");
  for (const std::string& size : version == 0 ? std::vector<std::string>{} : source.huge_page_sizes()) {
    auto read = [&](const char* file) { return source.read("hugetlb", "hugetlb." + size + "." + file); };
    Json page = Json::object();
    std::uint64_t usage = kernel::single_value(read(version == 1 ? "usage_in_bytes" : "current")).value_or(0);
    if (usage != 0)
      page.set("usage", usage);
    if (std::uint64_t peak = kernel::single_value(read("max_usage_in_bytes")).value_or(0); version == 1 && peak != 0)
      page.set("max", peak);
    page.set("failcnt", version == 1 ? kernel::single_value(read("failcnt")).value_or(0)
                                     : kernel::flat_value(read("events"), "max").value_or(0));
    out.set(size, std::move(page));
  }
  return out;
}

// Two lines of headings, then "  eth0: 1 2 3 4 5 6 7 8 9 …": bytes, packets, errors and drops stand first in both
// halves.
Json network_figures(std::string_view devices) {
  Json out = Json::array();
  for (std::string_view line : split(devices, '\n')) {
    Halves halves = split_once(line, ':');
    if (!halves.second)
      continue;
    std::vector<std::uint64_t> values;
    for (std::string_view word : split(*halves.second, ' '))
      if (std::optional<std::uint64_t> value = parse_uint(word))
        values.push_back(*value);
    if (values.size() < 16)
      continue;
    Json device = Json::object().set("Name", trim(halves.first));
    constexpr std::string_view kNames[] = {"Bytes", "Packets", "Errors", "Dropped"};
    for (std::size_t half : {0U, 1U})
      for (std::size_t i = 0; i < std::size(kNames); ++i)
        device.set((half == 0 ? "Rx" : "Tx") + std::string(kNames[i]), values[half * 8 + i]);
    out.push(std::move(device));
  }
  return devices.empty() ? Json() : out;
}

} // namespace phial::runtime
