#include "engine/monitor_order.hpp"

#include "base/text.hpp"

namespace phial::engine {

namespace {

void add(std::string& out, std::string_view key, std::string_view value) {
  out += key;
  out += ' ';
  out += value;
  out += '\n';
}

void add(std::string& out, std::string_view key, std::uint64_t value) {
  add(out, key, std::to_string(value));
}

} // namespace

std::string order_text(const MonitorOrder& order) {
  std::string out;
  add(out, "exec", order.exec ? 1U : 0U);
  add(out, "tty", order.tty ? 1U : 0U);
  add(out, "input", order.input ? 1U : 0U);
  add(out, "input-once", order.input_once ? 1U : 0U);
  add(out, "client-output", order.client_output ? 1U : 0U);
  add(out, "log", order.log ? 1U : 0U);
  add(out, "log-max-size", order.log_max_size);
  add(out, "log-max-files", order.log_max_files);
  add(out, "rows", order.rows);
  add(out, "columns", order.columns);
  add(out, "remove", order.remove ? 1U : 0U);
  add(out, "names", order.names);
  add(out, "id", order.id);
  add(out, "oom-file", order.oom_file);
  for (const std::string& volume : order.volumes)
    add(out, "volume", volume);
  add(out, "freezer", order.cgroup.freezer);
  add(out, "freezer-v1", order.cgroup.freezer_v1 ? 1U : 0U);
  for (const std::string& directory : order.cgroup.directories)
    add(out, "cgroup", directory);
  return out;
}

Result<MonitorOrder> parse_order(std::string_view text) {
  MonitorOrder out;
  for (std::string_view line : split(text, '\n')) {
    Halves halves = split_once(line, ' ');
    std::string_view key = halves.first;
    std::string_view value = halves.second.value_or(std::string_view());
    std::uint64_t number = parse_uint(value).value_or(0);
    if (key == "exec")
      out.exec = number != 0;
    else if (key == "tty")
      out.tty = number != 0;
    else if (key == "input")
      out.input = number != 0;
    else if (key == "input-once")
      out.input_once = number != 0;
    else if (key == "client-output")
      out.client_output = number != 0;
    else if (key == "log")
      out.log = number != 0;
    else if (key == "log-max-size")
      out.log_max_size = number;
    else if (key == "log-max-files")
      out.log_max_files = static_cast<std::uint32_t>(number);
    else if (key == "rows")
      out.rows = static_cast<std::uint16_t>(number);
    else if (key == "columns")
      out.columns = static_cast<std::uint16_t>(number);
    else if (key == "remove")
      out.remove = number != 0;
    else if (key == "names")
      out.names = value;
    else if (key == "id")
      out.id = value;
    else if (key == "oom-file")
      out.oom_file = value;
    else if (key == "volume")
      out.volumes.emplace_back(value);
    else if (key == "freezer")
      out.cgroup.freezer = value;
    else if (key == "freezer-v1")
      out.cgroup.freezer_v1 = number != 0;
    else if (key == "cgroup")
      out.cgroup.directories.emplace_back(value);
    else if (!key.empty())
      return fail(Kind::internal, "the monitor's order has the unknown key " + std::string(key));
  }
  return out;
}

} // namespace phial::engine
