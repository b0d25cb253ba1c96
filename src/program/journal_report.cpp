#include "program/journal_report.hpp"

#include "program/describe.hpp"

#include <algorithm>
#include <cstring>

namespace phial::program {

namespace {

// Microseconds of a tick, from the journal's two readings of both clocks.
double tick_length(const Journal& journal) {
  if (journal.last_ticks <= journal.first_ticks || journal.last_nanoseconds <= journal.first_nanoseconds)
    return 0;
  return static_cast<double>(journal.last_nanoseconds - journal.first_nanoseconds) / 1000.0 /
         static_cast<double>(journal.last_ticks - journal.first_ticks);
}

bool waits(const Instruction& instruction) {
  return instruction.op == Op::wait || instruction.op == Op::await_start || instruction.op == Op::receive_fd;
}

struct Span {
  std::uint64_t begin = ~std::uint64_t{0};
  std::uint64_t end = 0;

  void take(const JournalEntry& entry) {
    begin = std::min(begin, entry.begin);
    end = std::max({end, entry.begin, entry.end});
  }
  [[nodiscard]] double microseconds(double tick) const {
    return end > begin ? static_cast<double>(end - begin) * tick : 0;
  }
};

void report_sections(JournalReport& out, const Program& program, const std::vector<JournalEntry>& entries,
                     double tick) {
  Span whole;
  for (unsigned s = 0; s < kSections; ++s) {
    Range range = program.sections[s];
    SectionReport section;
    section.section = static_cast<Section>(s);
    Span span;
    for (std::uint32_t i = range.first; i < range.first + range.count; ++i) {
      if (!out.instructions[i].begun)
        continue;
      span.take(entries[i]);
      ++section.calls;
      if (!waits(program.code[i]))
        section.working += out.instructions[i].microseconds;
    }
    if (section.calls == 0)
      continue;
    section.microseconds = span.microseconds(tick);
    if (section.section != Section::undo) {
      whole.begin = std::min(whole.begin, span.begin);
      whole.end = std::max(whole.end, span.end);
      out.calls += section.calls;
    }
    out.sections.push_back(section);
  }
  out.microseconds = whole.microseconds(tick);
}

} // namespace

Result<JournalReport> read_journal(const Program& program, std::string_view bytes) {
  Journal journal{};
  std::size_t count = program.code.size();
  if (bytes.size() < journal_size(static_cast<std::uint32_t>(count)))
    return fail(Kind::input, "the journal is shorter than its program");
  std::memcpy(static_cast<void*>(&journal), bytes.data(), sizeof journal);
  if (journal.magic != kJournalMagic || journal.count != count)
    return fail(Kind::input, "this is no journal of this program");
  std::vector<JournalEntry> entries(count);
  if (count != 0)
    std::memcpy(entries.data(), bytes.data() + sizeof journal, count * sizeof(JournalEntry));
  double tick = tick_length(journal);

  JournalReport out;
  out.instructions.resize(count);
  out.steps.resize(program.steps.size());
  for (std::size_t i = 0; i < out.steps.size(); ++i)
    out.steps[i].step = i;
  for (std::size_t i = 0; i < count; ++i) {
    const JournalEntry& entry = entries[i];
    InstructionReport& report = out.instructions[i];
    report.begun = entry.begin != 0;
    report.finished = entry.end != 0;
    report.result = report.finished ? entry.result : 0;
    report.microseconds = entry.end > entry.begin ? static_cast<double>(entry.end - entry.begin) * tick : 0;
    StepReport& step = out.steps[program.code[i].step];
    step.begun = step.begun || report.begun;
    step.microseconds += report.microseconds;
    step.calls += report.begun ? 1 : 0;
  }
  if (journal.failed != 0 && journal.failed <= count) {
    out.failed = journal.failed - 1;
    out.failed_errno = journal.failed_errno;
    out.said.assign(journal.said, ::strnlen(journal.said, sizeof journal.said));
  }
  report_sections(out, program, entries, tick);
  return out;
}

Json timings_json(const Program& program, const JournalReport& report) {
  Json sections = Json::array();
  for (const SectionReport& section : report.sections)
    sections.push(Json::object()
                      .set("name", section_name(section.section))
                      .set("microseconds", section.microseconds)
                      .set("working", section.working)
                      .set("calls", section.calls));
  Json steps = Json::array();
  for (const StepReport& step : report.steps) {
    if (!step.begun)
      continue;
    Json code = Json::array();
    Range range = program.steps[step.step].code;
    for (std::uint32_t i = range.first; i < range.first + range.count; ++i) {
      const InstructionReport& instruction = report.instructions[i];
      if (!instruction.begun)
        continue;
      Json entry = Json::object().set("index", i).set("name", instruction_name(program.code[i]));
      if (instruction.finished)
        entry.set("result", instruction.result).set("microseconds", instruction.microseconds);
      code.push(std::move(entry));
    }
    steps.push(Json::object()
                   .set("number", step_number(program, step.step).number)
                   .set("section", section_name(program.steps[step.step].section))
                   .set("what", program.steps[step.step].text.what)
                   .set("microseconds", step.microseconds)
                   .set("instructions", std::move(code)));
  }
  Json out = Json::object();
  out.set("microseconds", report.microseconds).set("calls", report.calls);
  if (report.failed)
    out.set("failed", *report.failed).set("errno", report.failed_errno);
  return std::move(out).set("sections", std::move(sections)).set("steps", std::move(steps));
}

} // namespace phial::program
