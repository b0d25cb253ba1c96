// What a run left in its journal, told step by step: results and times. Pure: from the program and the journal's bytes.
#pragma once

#include "base/json.hpp"
#include "program/journal.hpp"
#include "program/layout.hpp"
#include "program/program.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace phial::program {

struct InstructionReport {
  bool begun = false;
  bool finished = false;
  std::int64_t result = 0; // negative errno on failure; only where finished
  double microseconds = 0;
};

struct StepReport {
  std::size_t step = 0;
  bool begun = false;
  double microseconds = 0; // the sum of its instructions
  std::size_t calls = 0;   // of them, begun
};

struct SectionReport {
  Section section = Section::host;
  double microseconds = 0; // from the begin of its first instruction to the end of its last, waiting included
  double working = 0;      // the sum of its instructions but for waiting ones
  std::size_t calls = 0;
};

struct JournalReport {
  std::vector<InstructionReport> instructions; // by index
  std::vector<StepReport> steps;               // by index; of those that were begun or not
  std::vector<SectionReport> sections;         // of those in which something was begun
  double microseconds = 0;                     // from the first instruction's begin to the last one's end
  std::size_t calls = 0;
  std::optional<std::uint32_t> failed; // index of the instruction that ended the run
  int failed_errno = 0;
  std::string said; // by the helper that failed
};

// From the journal as it lies in memory. Kind::input where the bytes are no journal of this program.
[[nodiscard]] Result<JournalReport> read_journal(const Program& program, std::string_view bytes);

// `--timings`: a table of steps with their microseconds, sections and the whole.
[[nodiscard]] std::string print_timings(const Program& program, const JournalReport& report, const Layout& layout = {});
[[nodiscard]] Json timings_json(const Program& program, const JournalReport& report);

} // namespace phial::program
