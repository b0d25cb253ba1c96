// Builder: writes a Program. Instructions are added to the step that was opened last; sections may be written in any
// order, finish() lays them one after another.
//
// Words (a step's text, a slot's name) are given as functions that make them, and those are called only where somebody
// is going to read them: most programs run and are never read, and making their words is most of the work of building
// them. Everything else of a program is the same with words and without.
#pragma once

#include "program/program.hpp"
#include "program/text_pool.hpp"

#include <concepts>
#include <cstring>
#include <span>
#include <type_traits>

namespace phial::program {

// A place in the program's data.
struct Data {
  std::uint32_t offset = 0;
  [[nodiscard]] Data operator+(std::size_t bytes) const { return {offset + static_cast<std::uint32_t>(bytes)}; }
};

// A value an earlier instruction left, mostly a descriptor.
struct Slot {
  std::uint16_t index = kNoSlot;
};

// An argument: a number, an address in the data, or a slot.
struct Arg {
  ArgKind kind = ArgKind::value;
  std::uint64_t value = 0;

  template <class T>
    requires std::integral<T> || std::is_enum_v<T>
  Arg(T number) : value(static_cast<std::uint64_t>(static_cast<std::int64_t>(number))) {}
  Arg(Data data) : kind(ArgKind::data), value(data.offset) {}
  Arg(Slot slot) : kind(ArgKind::slot), value(slot.index) {}
};

class Builder;

// The instruction just added, to say more of it. Valid until the next one is added.
class Added {
public:
  Added& into(Slot slot);                        // its result goes there
  Added& tolerate(int errno_a, int errno_b = 0); // these count as success
  Added& then_skip(class Label& label);          // on success go on at the label
  Added& or_else(class Label& label);            // on any other error go on at the label
  Added& or_elsewhere(Label& label);             // on one of kElsewhere go on at the label
  Added& undone_by(Op op, std::initializer_list<Arg> args, StepText text);
  template <std::invocable Text> Added& undone_by(Op op, std::initializer_list<Arg> args, Text&& text);
  Added& undone_by_call(long number, std::initializer_list<Arg> args, StepText text, int tolerated = 0);
  template <std::invocable Text>
  Added& undone_by_call(long number, std::initializer_list<Arg> args, Text&& text, int tolerated = 0);

private:
  friend class Builder;
  Added(Builder& builder, Section section, std::size_t index) : builder_(builder), section_(section), index_(index) {}
  Instruction& instruction();
  Builder& builder_;
  Section section_;
  std::size_t index_;
};

// A point in a section that jumps lead to; place() sets it. All jumps lead forward.
class Label {
  friend class Added;
  friend class Builder;
  std::vector<std::size_t> jumps_;
};

class Builder {
public:
  explicit Builder(Words words = Words::yes);
  [[nodiscard]] bool has_words() const { return words_ == Words::yes; }

  // Opens a step; the instructions that follow belong to it.
  void step(Section section, StepText text);
  template <std::invocable Text> void step(Section section, Text&& text) {
    if (has_words())
      step(section, text());
    else
      open_ = section;
  }
  // Appends to the open step's shell text, on lines of their own, and says where it belongs.
  void shell(std::string_view lines, std::optional<ShellPlace> place = {});
  template <std::invocable Lines> void shell(Lines&& lines, std::optional<ShellPlace> place = {}) {
    if (has_words())
      shell(std::string_view(lines()), place);
  }

  Added call(long number, std::initializer_list<Arg> args = {});
  Added add(Op op, std::initializer_list<Arg> args = {});
  void place(Label& label);
  // The last instruction added: on success go on at `label`, on `tolerated` fall through.
  void then(Label& label, int tolerated);
  // Goes on at `label`, always.
  void jump(Label& label);
  // The last instruction added: on `tolerated` or `other`, or on any error where both are 0, go on at `label`.
  void otherwise(Label& label, int tolerated = 0, int other = 0);
  // The last instruction added: where its path leads to nothing (kElsewhere) go on at `label`.
  void elsewhere(Label& label);

  // A new slot; names are unique by a suffix that is added where needed.
  Slot slot(std::string_view name);
  // A slot that has its value from the beginning (a descriptor the caller holds open until the program has run).
  Slot given(std::string_view name, std::uint64_t value);

  // NUL-terminated text; the same text is stored once.
  Data text(std::string_view text);
  Data bytes(std::span<const unsigned char> bytes, std::size_t align = 8);
  Data room(std::size_t size, std::size_t align = 8); // zeroes, to be written while running
  // Without padding, whose bytes are whatever lay there before: the same container would not give the same program.
  template <class T>
    requires std::has_unique_object_representations_v<T>
  Data object(const T& value) {
    return bytes({reinterpret_cast<const unsigned char*>(&value), sizeof value}, alignof(T));
  }
  // Of a type with padding: `value` was cleared whole, by memset(3), before its members were set.
  template <class T>
    requires(std::is_trivially_copyable_v<T> && !std::has_unique_object_representations_v<T>)
  Data cleared_object(const T& value) {
    return bytes({reinterpret_cast<const unsigned char*>(&value), sizeof value}, alignof(T));
  }
  // Lets the 8 bytes at `at` hold the address of `to`.
  void point(Data at, Data to);
  // A NULL-terminated array of pointers to texts: argv, envp.
  Data strings(std::span<const std::string> texts);

  // What was asked for and is left out: Program::warnings.
  void warn(std::string text) { warnings_.push_back(std::move(text)); }

  WellKnownSlots& known() { return known_; }

  // The program; the builder is spent.
  [[nodiscard]] Program finish();

private:
  friend class Added;
  struct Part {
    std::vector<Instruction> code;
    std::vector<Step> steps;
  };
  struct Undo {
    Instruction instruction;
    std::size_t text; // index of undo_texts_
    Section section;  // of the maker
    std::size_t maker;
  };
  Part& part(Section section) { return parts_[static_cast<unsigned>(section)]; }
  void name_slot(std::string_view name);
  Added& add_undo(Added& maker, const Instruction& instruction, StepText text);
  void lay_undo();

  Words words_;
  std::array<Part, kSections> parts_;
  Section open_ = Section::host;
  std::vector<Undo> undo_;
  std::vector<StepText> undo_texts_; // none without words
  std::vector<std::string> slots_;
  std::vector<std::uint64_t> initial_;
  std::string data_;
  std::vector<Pointer> pointers_;
  TextPool texts_;
  struct SlotName {
    std::string name;
    unsigned seen = 0;
  };
  std::vector<SlotName> slot_names_;
  WellKnownSlots known_;
  std::vector<std::string> warnings_;
};

template <std::invocable Text> Added& Added::undone_by(Op op, std::initializer_list<Arg> args, Text&& text) {
  return undone_by(op, args, builder_.has_words() ? text() : StepText());
}

template <std::invocable Text>
Added& Added::undone_by_call(long number, std::initializer_list<Arg> args, Text&& text, int tolerated) {
  return undone_by_call(number, args, builder_.has_words() ? text() : StepText(), tolerated);
}

} // namespace phial::program
