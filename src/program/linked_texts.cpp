// What a linked program is in words, behind the image: written for a container that others start, so that a failure can
// be told by whoever starts it.
#include "base/json.hpp"
#include "program/check_image.hpp"
#include "program/link.hpp"

#include <cstring>

namespace phial::program {

namespace {

std::unexpected<Error> damaged() {
  return fail(Kind::input, "this is no program image of this version");
}

Json step_json(const Step& step) {
  Json out = Json::array();
  out.push(static_cast<unsigned>(step.section));
  out.push(step.code.first);
  out.push(step.code.count);
  out.push(step.text.what);
  out.push(step.text.why);
  return out;
}

Result<Step> read_step(const Json& json, std::size_t instructions) {
  std::span<const Json> items = json.items();
  if (items.size() != 5 || !items[3].as_string() || !items[4].as_string())
    return damaged();
  std::uint64_t section = items[0].as_uint().value_or(kSections);
  std::uint64_t first = items[1].as_uint().value_or(instructions);
  std::uint64_t count = items[2].as_uint().value_or(instructions);
  if (section >= kSections || first > instructions || count > instructions - first)
    return damaged();
  Step out;
  out.section = static_cast<Section>(section);
  out.code = {static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(count)};
  out.text.what = *items[3].as_string();
  out.text.why = *items[4].as_string();
  return out;
}

Result<> read_code(Program& out, std::string_view bytes, const ImageHeader& header) {
  std::uint64_t data_base = kImageBase + header.data;
  for (std::uint32_t i = 0; i < header.code_count; ++i) {
    Instruction instruction;
    std::memcpy(&instruction, bytes.data() + header.code + i * sizeof instruction, sizeof instruction);
    for (unsigned a = 0; a < kArguments; ++a)
      if (kind_of(instruction, a) == ArgKind::data)
        instruction.args[a] -= data_base;
    if (instruction.step >= out.steps.size())
      return damaged();
    out.code.push_back(instruction);
  }
  return {};
}

// Pointers are found again by their value: what lies at an even place and is an address of the data.
void read_pointers(Program& out, const ImageHeader& header) {
  std::uint64_t base = kImageBase + header.data;
  for (std::size_t at = 0; at + sizeof(std::uint64_t) <= out.data.size(); at += sizeof(std::uint64_t)) {
    std::uint64_t value = 0;
    std::memcpy(&value, out.data.data() + at, sizeof value);
    if (value >= base && value < base + out.data.size())
      out.pointers.push_back({static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(value - base)});
  }
}

} // namespace

Result<std::string> link_with_texts(const Program& program) {
  std::string out = TRY(link(program));
  Json steps = Json::array();
  for (const Step& step : program.steps)
    steps.push(step_json(step));
  Json texts = Json::object();
  texts.set("slots", Json::strings(program.slots));
  texts.set("steps", std::move(steps));
  return out + to_text(texts);
}

Result<Program> read_linked(std::string_view bytes) {
  ImageHeader header = TRY(check_image(bytes));
  Json texts = TRY(parse_json(bytes.substr(header.size), "program"));
  const Json* steps = texts.find("steps");
  if (steps == nullptr)
    return damaged();
  Program out;
  for (const Json& step : steps->items())
    out.steps.push_back(TRY(read_step(step, header.code_count)));
  out.slots = texts.strings_of("slots");
  if (out.slots.size() != header.slot_count)
    return damaged();
  TRY(read_code(out, bytes, header));
  out.data = bytes.substr(header.data, header.size - header.data);
  read_pointers(out, header);
  for (unsigned s = 0; s < kSections; ++s)
    out.sections[s] = header.sections[s];
  out.known.pid = header.pid_slot;
  out.known.pidfd = header.pidfd_slot;
  out.known.host_sync = header.host_sync_slot;
  out.known.sync = header.sync_slot;
  out.known.terminal = header.terminal_slot;
  return out;
}

} // namespace phial::program
