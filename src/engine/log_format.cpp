#include "engine/log_format.hpp"

namespace phial::engine {

std::optional<LogRecord> parse_log_line(std::string_view line) {
  if (line.size() < kLogHeader || line[kTimeLength] != ' ' || line[kLogTagPlace - 1] != ' ' ||
      line[kLogTagPlace + 1] != ' ')
    return std::nullopt;
  auto time = parse_time(line.substr(0, kTimeLength));
  std::string_view stream = line.substr(kTimeLength + 1, 6);
  char tag = line[kLogTagPlace];
  if (!time || (stream != "stdout" && stream != "stderr") || (tag != 'F' && tag != 'P'))
    return std::nullopt;
  return LogRecord{*time, stream == "stdout" ? Stream::output : Stream::errors, tag == 'F', line.substr(kLogHeader)};
}

std::string_view next_log_text(std::string_view& bytes, bool& whole) {
  std::string_view reach = bytes.substr(0, kLogText + 1);
  std::size_t newline = reach.find('\n');
  whole = newline != std::string_view::npos;
  std::string_view text = reach.substr(0, whole ? newline : kLogText);
  bytes.remove_prefix(text.size() + (whole ? 1 : 0));
  return text;
}

} // namespace phial::engine
