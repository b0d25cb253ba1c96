#include "program/print_json.hpp"

#include "kernel/errnos.hpp"
#include "program/data_view.hpp"
#include "program/describe.hpp"
#include "program/print_calls.hpp"

namespace phial::program {

namespace {

// Nothing is abbreviated for a program that reads it.
constexpr DescribeOptions kWhole{std::size_t{1} << 20, std::size_t{1} << 20, true};

Json argument_json(const DataView& data, const Instruction& instruction, unsigned index) {
  std::uint64_t value = instruction.args[index];
  switch (kind_of(instruction, index)) {
  case ArgKind::slot: return Json::object().set("slot", data.slot_name(value).substr(1));
  case ArgKind::data: return Json::object().set("data", value);
  case ArgKind::value: return {value};
  }
  return {};
}

Json arguments_json(const DataView& data, const Instruction& instruction) {
  unsigned last = kArguments;
  while (last > 0 && instruction.args[last - 1] == 0 && kind_of(instruction, last - 1) == ArgKind::value)
    --last;
  Json out = Json::array();
  for (unsigned i = 0; i < last; ++i)
    out.push(argument_json(data, instruction, i));
  return out;
}

Json instruction_json(const Program& program, std::uint32_t index) {
  const Instruction& instruction = program.code[index];
  DataView data(program);
  Description parts = describe_parts(program, instruction, kWhole);
  Json out = Json::object();
  out.set("index", index).set("operation", operation_name(instruction.op));
  if (instruction.op == Op::call)
    out.set("call", instruction_name(instruction)).set("number", instruction.number);
  out.set("text", parts.call).set("args", arguments_json(data, instruction));
  if (!parts.result.empty())
    out.set("result", parts.result.substr(1));
  Json tolerated = Json::array();
  for (int number : instruction.tolerated)
    if (number != 0)
      tolerated.push(kernel::errno_name(number));
  if (instruction.flow == Flow::or_elsewhere)
    for (int number : kElsewhere)
      tolerated.push(kernel::errno_name(number));
  if (tolerated.size() != 0)
    out.set("tolerated", std::move(tolerated));
  if (instruction.flow != Flow::plain)
    out.set(instruction.flow == Flow::then_skip ? "on_success" : "on_failure", instruction.target);
  if (step_of(program, instruction).section == Section::undo)
    out.set("undoes", instruction.target);
  if (!parts.note.empty())
    out.set("note", parts.note);
  return out;
}

Json step_json(const Program& program, std::size_t index) {
  const Step& step = program.steps[index];
  Json out = Json::object();
  out.set("number", step_number(program, index).number).set("what", step.text.what).set("why", step.text.why);
  if (!step.text.guarantee.empty())
    out.set("guarantee", step.text.guarantee);
  if (!step.text.shell.empty())
    out.set("shell", step.text.shell).set("place", place_name(step.text.place));
  Json code = Json::array();
  for (std::uint32_t i = 0; i < step.code.count; ++i)
    code.push(instruction_json(program, step.code.first + i));
  return std::move(out).set("instructions", std::move(code));
}

Json section_json(const Program& program, Section section) {
  Json steps = Json::array();
  for (std::size_t i = 0; i < program.steps.size(); ++i)
    if (program.steps[i].section == section)
      steps.push(step_json(program, i));
  return Json::object()
      .set("name", section_name(section))
      .set("title", section_title(section))
      .set("steps", std::move(steps));
}

Json slots_json(const Program& program) {
  Json out = Json::array();
  for (std::size_t i = 0; i < program.slots.size(); ++i) {
    Json slot = Json::object().set("name", program.slots[i]);
    if (i < program.initial_slots.size() && program.initial_slots[i] != ~std::uint64_t{0})
      slot.set("initial", program.initial_slots[i]);
    out.push(std::move(slot));
  }
  return out;
}

} // namespace

std::string_view place_name(ShellPlace place) {
  switch (place) {
  case ShellPlace::none: return "none";
  case ShellPlace::host: return "host";
  case ShellPlace::inside: return "inside";
  case ShellPlace::last: return "last";
  }
  return "";
}

Json program_json(const Program& program) {
  Counts counts = count(program);
  Json sections = Json::array();
  for (unsigned s = 0; s < kSections; ++s)
    sections.push(section_json(program, static_cast<Section>(s)));
  return Json::object()
      .set("summary", Json::object()
                          .set("steps", counts.steps)
                          .set("calls", counts.calls)
                          .set("operations", counts.operations)
                          .set("undo", counts.undo))
      .set("slots", slots_json(program))
      .set("sections", std::move(sections));
}

std::string print_json(const Program& program) {
  return to_text(program_json(program), 2) + "\n";
}

} // namespace phial::program
