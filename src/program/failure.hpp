// A failure of a program as an Error: which step, why it was there, the call, the errno, what may be behind it. Pure.
#pragma once

#include "base/error.hpp"
#include "program/journal_report.hpp"
#include "program/program.hpp"

namespace phial::program {

// The instruction `index` failed with the errno `number`. The last execve of a program that fails is
// Kind::command_missing or Kind::command_invalid. Environment values are not in the text.
[[nodiscard]] Error failure(const Program& program, std::uint32_t index, int number);

// The failure a journal tells of; of several candidates along PATH the one that was there but could not be executed.
// Kind::internal where the journal tells of none.
[[nodiscard]] Error failure(const Program& program, const JournalReport& report);

} // namespace phial::program
