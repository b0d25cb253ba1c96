// The host's side of running a program: an image mapped and run section by section, with the operations that only the
// host has. One program at a time in a process: the image has one address.
#pragma once

#include "base/file.hpp"
#include "program/interpreter.hpp"

#include <string>
#include <string_view>

namespace phial::program {

class Loaded {
public:
  Loaded() = default;
  Loaded(Loaded&& other) noexcept;
  Loaded& operator=(Loaded&& other) noexcept;
  ~Loaded();

  [[nodiscard]] Machine& machine() { return machine_; }
  [[nodiscard]] std::uint64_t slot(std::uint16_t index) { return slots_of(machine_.image)[index]; }
  // The descriptor that an instruction left in a slot, now the caller's; empty for kNoSlot. Where the program did not
  // make it with O_CLOEXEC it has none: what we execute closes all but what it is given.
  [[nodiscard]] Fd take(std::uint16_t index);
  void set_slot(std::uint16_t index, std::uint64_t value) { slots_of(machine_.image)[index] = value; }

  // Writes down which process the program is about.
  void note_process(std::int64_t pid, std::uint64_t known_at, std::uint64_t boot);

  // Runs a section. 0, or the index of the instruction that failed plus one.
  std::uint32_t run(Section section);
  // Until the init's end of this socket closes, by its exec of the command or by its end; an error in the latter case.
  // An empty one: somebody else's wait is over.
  [[nodiscard]] Result<> await_exec(const Fd& sync);
  // An error where the program failed, or the init was ended before it executed anything. Once that is decided.
  [[nodiscard]] Result<> check_exec() const;
  // Undoes all it can; the first undo that failed. What it is about then still is there, and may be undone once more.
  [[nodiscard]] Result<> undo();
  // Lets go of nothing: for a process that ends now, and whose end does it at once.
  void leave();

private:
  friend Result<Loaded> load_image(std::string_view bytes, Fd journal);
  friend Result<Loaded> reload_image(std::string_view bytes, Fd journal);
  Machine machine_;
  Fd program_;
  Fd journal_;
};

// Puts an image into a memfd that phial-init can inherit, sealed against every other writer, and maps it. `journal` is
// a file or memfd that becomes the journal (it is truncated and sized here); an empty one: a memfd is made.
// memfd_create(2), fcntl(2) F_ADD_SEALS.
[[nodiscard]] Result<Loaded> load_image(std::string_view bytes, Fd journal);

// For a container that another process made: its image with a mapping of our own, and the journal it has, to run the
// later sections. Slots are as they were linked; the caller sets those that matter (pid). The journal has to be as long
// as the image says. Kind::input where the image cannot be run (check_image.hpp), or the journal is too short.
[[nodiscard]] Result<Loaded> reload_image(std::string_view bytes, Fd journal);

// For a program whose process died: runs the undo of the image in `bytes` against the journal it left (null bytes where
// none, or none of its). Each undo takes "not there" for success; an error is the first that failed, as in undo().
// Kind::input where the bytes are no image.
[[nodiscard]] Result<> undo_image(std::string_view bytes, std::string_view journal);

} // namespace phial::program
