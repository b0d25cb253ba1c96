// The table of `--timings`: what each step of a run took.
#include "kernel/errnos.hpp"
#include "program/describe.hpp"
#include "program/journal_report.hpp"
#include "program/print_calls.hpp"

#include <cmath>

namespace phial::program {

namespace {

// 1234.56 -> "1234.6"; without a locale.
std::string tenths(double microseconds) {
  auto rounded = static_cast<std::uint64_t>(std::llround(microseconds * 10));
  return std::to_string(rounded / 10) + "." + std::to_string(rounded % 10);
}

std::string right(const std::string& text, std::size_t width) {
  return std::string(width > text.size() ? width - text.size() : 0, ' ') + text;
}

std::string calls_text(std::size_t calls) {
  return std::to_string(calls) + (calls == 1 ? " call" : " calls");
}

constexpr std::size_t kTimeWidth = 10;

class TimingsPrinter {
public:
  TimingsPrinter(const Program& program, const JournalReport& report, const Layout& layout)
      : program_(program), report_(report), layout_(layout) {}

  std::string print() {
    for (const SectionReport& section : report_.sections)
      this->section(section);
    out_ += "\n" +
            paint(layout_.colour, Ink::bold,
                  right(tenths(report_.microseconds), kTimeWidth) + " us  in all, " + calls_text(report_.calls)) +
            "\n";
    return std::move(out_);
  }

private:
  void section(const SectionReport& section) {
    out_ +=
        (out_.empty() ? "" : "\n") +
        paint(layout_.colour, Ink::bold,
              right(tenths(section.microseconds), kTimeWidth) + " us  " + std::string(section_title(section.section))) +
        "\n";
    std::string summary = calls_text(section.calls);
    if (section.microseconds - section.working > 0.05)
      summary += ", " + tenths(section.working) + " us of it in them, the rest between them or waiting";
    out_ += std::string(kTimeWidth + 5, ' ') + paint(layout_.colour, Ink::dim, summary) + "\n";
    for (const StepReport& step : report_.steps)
      if (step.begun && program_.steps[step.step].section == section.section)
        this->step(step);
  }

  void step(const StepReport& step) {
    const StepText& text = program_.steps[step.step].text;
    std::string title = std::to_string(step_number(program_, step.step).number) + ". " + text.what;
    out_ += right(tenths(step.microseconds), kTimeWidth) + "     ";
    std::size_t indent = kTimeWidth + 5;
    std::size_t room = layout_.width > indent + 20 ? layout_.width - indent : 0;
    std::string note = step.calls > 1 ? " (" + std::to_string(step.calls) + ")" : "";
    if (report_.failed && program_.code[*report_.failed].step == step.step)
      note += " failed: " + kernel::errno_name(report_.failed_errno);
    bool first = true;
    for (const std::string& line : wrap(title + note, room, room)) {
      out_ += (first ? "" : std::string(indent, ' ')) + line + "\n";
      first = false;
    }
  }

  const Program& program_;
  const JournalReport& report_;
  const Layout& layout_;
  std::string out_;
};

} // namespace

std::string print_timings(const Program& program, const JournalReport& report, const Layout& layout) {
  return TimingsPrinter(program, report, layout).print();
}

} // namespace phial::program
