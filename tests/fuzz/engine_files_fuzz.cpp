// The engine's records, and the log, whose text is the container's. The first byte chooses the parser.
#include "targets.hpp"

#include "engine/log_format.hpp"
#include "engine/monitor_order.hpp"
#include "engine/record.hpp"

namespace phial::fuzz {

namespace {

void record(std::string_view text) {
  Result<engine::Record> record = engine::parse_record(text);
  if (!record)
    return;
  std::string written = engine::record_json(*record);
  Result<engine::Record> again = engine::parse_record(written);
  require(again && engine::record_json(*again) == written, "a record changes when it is written");
}

void run(std::string_view text) {
  if (Result<engine::Running> running = engine::parse_running(text)) {
    std::string written = engine::running_text(*running); // a carriage return becomes a blank, once
    Result<engine::Running> again = engine::parse_running(written);
    require(again && engine::running_text(*again) == written, "a run changes when it is written");
  }
  if (Result<engine::Exit> exit = engine::parse_exit(text)) {
    std::string written = engine::exit_text(*exit);
    Result<engine::Exit> again = engine::parse_exit(written);
    require(again && engine::exit_text(*again) == written, "an end changes when it is written");
  }
}

void order(std::string_view text) {
  Result<engine::MonitorOrder> order = engine::parse_order(text);
  if (!order)
    return;
  std::string written = engine::order_text(*order);
  Result<engine::MonitorOrder> again = engine::parse_order(written);
  require(again && engine::order_text(*again) == written, "an order changes when it is written");
}

void log(std::string_view text) {
  if (std::optional<engine::LogRecord> line = engine::parse_log_line(text.substr(0, text.find('\n'))))
    require(line->text.size() <= text.size(), "a line is longer than its text");
  std::string_view left = text;
  while (!left.empty()) {
    std::size_t before = left.size();
    bool whole = false;
    std::string_view piece = engine::next_log_text(left, whole);
    require(left.size() < before, "a log's text is not used up");
    require(piece.size() <= engine::kLogText && piece.find('\n') == std::string_view::npos,
            "a record of more than a line");
  }
}

} // namespace

void engine_files(std::string_view bytes) {
  constexpr Target kParsers[] = {record, run, order, log};
  Input input(bytes);
  std::size_t which = input.byte() % std::size(kParsers);
  kParsers[which](input.rest());
}

} // namespace phial::fuzz
