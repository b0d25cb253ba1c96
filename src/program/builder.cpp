#include "program/builder.hpp"

#include <algorithm>

namespace phial::program {

namespace {

Instruction make(Op op, long number, std::initializer_list<Arg> args) {
  Instruction out;
  out.op = op;
  out.number = static_cast<std::uint16_t>(number);
  unsigned i = 0;
  for (const Arg& arg : args) {
    out.kinds = static_cast<std::uint16_t>(out.kinds | static_cast<unsigned>(arg.kind) << (2 * i));
    out.args[i++] = arg.value;
  }
  return out;
}

bool are_same(const Instruction& a, const Instruction& b) {
  return a.op == b.op && a.number == b.number && a.kinds == b.kinds && std::ranges::equal(a.args, b.args);
}

} // namespace

Instruction& Added::instruction() {
  return builder_.part(section_).code[index_];
}

Added& Added::into(Slot slot) {
  instruction().result = slot.index;
  return *this;
}

Added& Added::tolerate(int errno_a, int errno_b) {
  for (int number : {errno_a, errno_b}) {
    if (number == 0)
      continue;
    std::int16_t* tolerated = instruction().tolerated;
    tolerated[tolerated[0] == 0 ? 0 : 1] = static_cast<std::int16_t>(number);
  }
  return *this;
}

Added& Added::then_skip(Label& label) {
  instruction().flow = Flow::then_skip;
  label.jumps_.push_back(index_);
  return *this;
}

Added& Added::or_else(Label& label) {
  instruction().flow = Flow::or_else;
  label.jumps_.push_back(index_);
  return *this;
}

Added& Added::or_elsewhere(Label& label) {
  instruction().flow = Flow::or_elsewhere;
  label.jumps_.push_back(index_);
  return *this;
}

Added& Builder::add_undo(Added& maker, const Instruction& instruction, StepText text) {
  undo_.push_back({instruction, undo_texts_.size(), maker.section_, maker.index_});
  if (has_words())
    undo_texts_.push_back(std::move(text));
  return maker;
}

Added& Added::undone_by(Op op, std::initializer_list<Arg> args, StepText text) {
  return builder_.add_undo(*this, make(op, 0, args), std::move(text));
}

Added& Added::undone_by_call(long number, std::initializer_list<Arg> args, StepText text, int tolerated) {
  Instruction undo = make(Op::call, number, args);
  undo.tolerated[0] = static_cast<std::int16_t>(tolerated);
  return builder_.add_undo(*this, undo, std::move(text));
}

// Room for what a container of the usual kind takes: nothing is moved while it grows.
Builder::Builder(Words words) : words_(words) {
  part(Section::init).code.reserve(250);
  part(Section::host).code.reserve(60);
  part(Section::start).code.reserve(60);
  undo_.reserve(16);
  initial_.reserve(192);
  data_.reserve(8192);
}

void Builder::step(Section section, StepText text) {
  open_ = section;
  if (!has_words())
    return;
  Part& to = part(section);
  to.steps.push_back({section, std::move(text), {static_cast<std::uint32_t>(to.code.size()), 0}});
}

void Builder::shell(std::string_view lines, std::optional<ShellPlace> place) {
  if (!has_words())
    return;
  StepText& text = part(open_).steps.back().text;
  std::string& shell = text.shell;
  if (place)
    text.place = *place;
  if (!shell.empty())
    shell += '\n';
  shell += lines;
}

Added Builder::call(long number, std::initializer_list<Arg> args) {
  Part& to = part(open_);
  to.code.push_back(make(Op::call, number, args));
  if (has_words()) {
    to.code.back().step = static_cast<std::uint16_t>(to.steps.size() - 1);
    ++to.steps.back().code.count;
  }
  return {*this, open_, to.code.size() - 1};
}

Added Builder::add(Op op, std::initializer_list<Arg> args) {
  Added added = call(0, args);
  added.instruction().op = op;
  return added;
}

void Builder::place(Label& label) {
  Part& to = part(open_);
  for (std::size_t jump : label.jumps_)
    to.code[jump].target = static_cast<std::uint16_t>(to.code.size());
  label.jumps_.clear();
}

void Builder::then(Label& label, int tolerated) {
  Added(*this, open_, part(open_).code.size() - 1).tolerate(tolerated).then_skip(label);
}

void Builder::jump(Label& label) {
  add(Op::skip);
  Added(*this, open_, part(open_).code.size() - 1).then_skip(label);
}

void Builder::otherwise(Label& label, int tolerated, int other) {
  Added(*this, open_, part(open_).code.size() - 1).tolerate(tolerated, other).or_else(label);
}

void Builder::elsewhere(Label& label) {
  Added(*this, open_, part(open_).code.size() - 1).or_elsewhere(label);
}

Slot Builder::slot(std::string_view name) {
  return given(name, ~std::uint64_t{0});
}

void Builder::name_slot(std::string_view name) {
  auto known = std::ranges::find(slot_names_, name, &SlotName::name);
  if (known == slot_names_.end())
    known = slot_names_.insert(known, {std::string(name), 0});
  ++known->seen;
  slots_.push_back(known->seen == 1 ? std::string(name) : std::string(name) + std::to_string(known->seen));
}

Slot Builder::given(std::string_view name, std::uint64_t value) {
  if (has_words())
    name_slot(name);
  initial_.push_back(value);
  return {static_cast<std::uint16_t>(initial_.size() - 1)};
}

Data Builder::text(std::string_view text) {
  return {texts_.put(data_, text)};
}

Data Builder::room(std::size_t size, std::size_t align) {
  data_.resize((data_.size() + align - 1) / align * align, '\0');
  Data at{static_cast<std::uint32_t>(data_.size())};
  data_.resize(data_.size() + size, '\0');
  return at;
}

Data Builder::bytes(std::span<const unsigned char> bytes, std::size_t align) {
  Data at = room(bytes.size(), align);
  if (!bytes.empty())
    std::memcpy(data_.data() + at.offset, bytes.data(), bytes.size());
  return at;
}

void Builder::point(Data at, Data to) {
  pointers_.push_back({at.offset, to.offset});
}

Data Builder::strings(std::span<const std::string> texts) {
  Data array = room((texts.size() + 1) * sizeof(std::uint64_t));
  for (std::size_t i = 0; i < texts.size(); ++i)
    point(array + i * sizeof(std::uint64_t), text(texts[i]));
  return array;
}

// The undo section runs backwards through what was made.
void Builder::lay_undo() {
  std::ranges::reverse(undo_);
  std::ranges::stable_sort(undo_, std::ranges::greater(),
                           [](const Undo& u) { return static_cast<unsigned>(u.section); });
  Part& to = part(Section::undo);
  const Instruction* before = nullptr;
  for (Undo& undo : undo_) {
    if (has_words()) {
      // What is tried twice, and made once, is undone in one step.
      if (before == nullptr || !are_same(*before, undo.instruction))
        to.steps.push_back(
            {Section::undo, std::move(undo_texts_[undo.text]), {static_cast<std::uint32_t>(to.code.size()), 0}});
      ++to.steps.back().code.count;
      undo.instruction.step = static_cast<std::uint16_t>(to.steps.size() - 1);
    }
    to.code.push_back(undo.instruction);
    before = &undo.instruction;
  }
}

Program Builder::finish() {
  lay_undo();
  Program out;
  std::array<std::uint32_t, kSections> base{};
  std::size_t instructions = 0;
  std::size_t steps = 0;
  for (const Part& part : parts_) {
    instructions += part.code.size();
    steps += part.steps.size();
  }
  out.code.reserve(instructions);
  out.steps.reserve(steps);
  for (unsigned s = 0; s < kSections; ++s) {
    base[s] = static_cast<std::uint32_t>(out.code.size());
    auto first_step = static_cast<std::uint16_t>(out.steps.size());
    Part& from = parts_[s];
    out.sections[s] = {base[s], static_cast<std::uint32_t>(from.code.size())};
    for (Instruction instruction : from.code) {
      instruction.step = static_cast<std::uint16_t>(instruction.step + first_step);
      if (instruction.flow != Flow::plain)
        instruction.target = static_cast<std::uint16_t>(instruction.target + base[s]);
      out.code.push_back(instruction);
    }
    for (Step& step : from.steps) {
      step.code.first += base[s];
      out.steps.push_back(std::move(step));
    }
  }
  Range undo = out.sections[static_cast<unsigned>(Section::undo)];
  for (std::uint32_t i = 0; i < undo.count; ++i)
    out.code[undo.first + i].target =
        static_cast<std::uint16_t>(undo_[i].maker + base[static_cast<unsigned>(undo_[i].section)]);
  out.slots = std::move(slots_);
  out.initial_slots = std::move(initial_);
  out.data = std::move(data_);
  out.pointers = std::move(pointers_);
  out.known = known_;
  out.warnings = std::move(warnings_);
  return out;
}

std::string_view section_name(Section section) {
  switch (section) {
  case Section::host: return "host";
  case Section::beside: return "beside";
  case Section::init: return "init";
  case Section::start: return "start";
  case Section::started: return "started";
  case Section::stopped: return "stopped";
  case Section::undo: return "undo";
  }
  return "";
}

} // namespace phial::program
