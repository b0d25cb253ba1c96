// The journal, which the init writes too, against a program of some steps.
#include "targets.hpp"

#include "program/builder.hpp"
#include "program/journal_report.hpp"

#include <sys/syscall.h>

#include <cstring>

namespace phial::fuzz {

namespace {

const program::Program& some_program() {
  static const program::Program program = [] {
    program::Builder b;
    auto step = [&](program::Section section, std::string what) {
      b.step(section, program::StepText{std::move(what), "config.json", {}, {}, program::ShellPlace::none});
    };
    step(program::Section::host, "make the cgroup");
    b.call(SYS_mkdir, {b.text("/c"), 0755}).undone_by(program::Op::remove_cgroup, {b.text("/c")}, program::StepText{});
    step(program::Section::init, "wait");
    b.add(program::Op::wait, {3, 1});
    b.call(SYS_chdir, {b.text("/")});
    step(program::Section::start, "execute");
    b.call(SYS_execve, {b.text("/bin/sh"), 0, 0});
    return b.finish();
  }();
  return program;
}

} // namespace

void journal(std::string_view bytes) {
  const program::Program& program = some_program();
  std::string text(bytes);
  auto count = static_cast<std::uint32_t>(program.code.size());
  if (!text.empty() && text.back() == '!' &&
      text.size() >= sizeof(program::Journal)) { // else it is only tried as it is
    text.resize(program::journal_size(count));
    std::memcpy(text.data() + offsetof(program::Journal, magic), &program::kJournalMagic,
                sizeof program::kJournalMagic);
    std::memcpy(text.data() + offsetof(program::Journal, count), &count, sizeof count);
  }
  Result<program::JournalReport> report = program::read_journal(program, text);
  if (!report)
    return;
  static_cast<void>(program::print_timings(program, *report));
  static_cast<void>(to_text(program::timings_json(program, *report)));
}

} // namespace phial::fuzz
