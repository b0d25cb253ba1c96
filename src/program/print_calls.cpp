#include "program/print_calls.hpp"

#include "program/describe.hpp"

namespace phial::program {

namespace {

std::string counted(std::size_t number, std::string_view one, std::string_view many) {
  return std::to_string(number) + " " + std::string(number == 1 ? one : many);
}

class Printer {
public:
  Printer(const Program& program, const Layout& layout) : program_(program), layout_(layout), counts_(count(program)) {
    number_width_ = std::to_string(counts_.steps).size() + 1;
  }

  std::string print() {
    header();
    for (unsigned s = 0; s < kSections; ++s)
      section(static_cast<Section>(s));
    footer();
    return std::move(out_);
  }

private:
  void header() {
    std::string line = "A container in " + counted(counts_.steps, "step", "steps") + ": " +
                       counted(counts_.calls, "system call", "system calls");
    if (counts_.operations != 0)
      line += " and " + counted(counts_.operations, "other operation", "other operations");
    paragraph(line + ". A name with $ is what an earlier call gave, mostly a descriptor.", 0, 0);
  }

  void footer() {
    if (counts_.undo == 0)
      paragraph("\nNothing outlives the process: there is nothing to undo.", 0, 0);
  }

  void section(Section which) {
    bool first = true;
    for (std::size_t i = 0; i < program_.steps.size(); ++i) {
      if (program_.steps[i].section != which)
        continue;
      if (first)
        heading(section_title(which));
      first = false;
      which == Section::undo ? undo_step(i) : step(i);
    }
  }

  void heading(std::string_view title) {
    out_ += "\n" + paint(layout_.colour, Ink::bold, title) + "\n" +
            paint(layout_.colour, Ink::dim, std::string(columns(title), '-')) + "\n";
  }

  void step(std::size_t index) {
    const Step& step = program_.steps[index];
    std::string number = std::to_string(step_number(program_, index).number) + ".";
    std::size_t indent = number_width_ + 1;
    number.insert(0, number_width_ - std::min(number.size(), number_width_), ' ');
    out_ += "\n" + number + " ";
    continued(step.text.what, indent, indent, Ink::bold);
    labelled("why: ", step.text.why, indent);
    labelled("so that: ", step.text.guarantee, indent);
    code(step.code, indent);
  }

  void undo_step(std::size_t index) {
    const Step& step = program_.steps[index];
    std::size_t indent = number_width_ + 1;
    std::string bullet = std::string(number_width_ - 1, ' ') + "- ";
    out_ += "\n" + bullet;
    std::string what = step.text.what;
    if (step.code.count != 0) {
      std::size_t maker = program_.code[program_.code[step.code.first].target].step;
      what += ", as step " + std::to_string(step_number(program_, maker).number) + " made it";
    }
    continued(what, indent, indent, Ink::bold);
    code(step.code, indent);
  }

  void code(Range range, std::size_t indent) {
    for (std::uint32_t i = range.first; i < range.first + range.count; ++i)
      call(program_.code[i], indent + 2);
  }

  void call(const Instruction& instruction, std::size_t indent) {
    Description parts = describe_parts(program_, instruction);
    std::string text = parts.call + (parts.result.empty() ? "" : " -> " + parts.result);
    if (!parts.note.empty())
      text += " (" + parts.note + ")";
    CallPainter painter(layout_.colour, instruction.op == Op::call || instruction.op == Op::spawn);
    bool first = true;
    for (const std::string& line : wrap(text, room(indent), room(indent + 4))) {
      out_ += std::string(first ? indent : indent + 4, ' ') + painter.line(line) + "\n";
      first = false;
    }
  }

  void labelled(std::string_view label, std::string_view text, std::size_t indent) {
    if (text.empty())
      return;
    out_ += std::string(indent, ' ') + paint(layout_.colour, Ink::dim, label);
    continued(text, indent + label.size(), indent + label.size(), Ink::plain);
  }

  // Text whose first line goes on at `column`; the others are indented by `indent`.
  void continued(std::string_view text, std::size_t column, std::size_t indent, Ink ink) {
    bool first = true;
    for (const std::string& line : wrap(text, room(column), room(indent))) {
      out_ += std::string(first ? 0 : indent, ' ') + paint(layout_.colour, ink, line) + "\n";
      first = false;
    }
  }

  void paragraph(std::string_view text, std::size_t column, std::size_t indent) {
    continued(text, column, indent, Ink::plain);
  }

  [[nodiscard]] std::size_t room(std::size_t indent) const {
    if (layout_.width == 0)
      return 0;
    return layout_.width > indent + 20 ? layout_.width - indent : 20;
  }

  const Program& program_;
  const Layout& layout_;
  Counts counts_;
  std::size_t number_width_ = 0;
  std::string out_;
};

} // namespace

Counts count(const Program& program) {
  Counts out;
  for (const Step& step : program.steps)
    ++(step.section == Section::undo ? out.undo : out.steps);
  for (const Instruction& instruction : program.code)
    if (step_of(program, instruction).section != Section::undo)
      ++(instruction.op == Op::call || instruction.op == Op::spawn ? out.calls : out.operations);
  return out;
}

std::string_view section_title(Section section) {
  switch (section) {
  case Section::host: return "The host, before the new process exists";
  case Section::beside: return "The host, beside the new process, which waits";
  case Section::init: return "phial-init, as the container's first process, until the container is created";
  case Section::start: return "phial-init, from start until it becomes the container's program";
  case Section::started: return "The host, once the container's program runs";
  case Section::stopped: return "The host, once the container has ended and is deleted";
  case Section::undo: return "Undo: the host, when a step failed or the container goes, last made first";
  }
  return "";
}

std::string print_calls(const Program& program, const Layout& layout) {
  return Printer(program, layout).print();
}

} // namespace phial::program
