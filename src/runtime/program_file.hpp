// What the kernel and the loader read of a program's file: the ELF header, program headers and dynamic section; the
// first line of a script. Nothing is believed: every offset and size may be an attack. Pure: bytes come by a function.
#pragma once

#include "base/error.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace phial::runtime {

// Reads at an offset of a file; fewer bytes than asked for where it ends.
using ReadAt = std::function<std::string(std::uint64_t offset, std::size_t size)>;

struct ElfSegment {
  std::uint64_t offset = 0;
  std::uint64_t address = 0;
  std::uint64_t size = 0; // in the file, bytes
};

// What execve(2) looks at. elf(5).
struct Elf {
  bool wide = true; // of 64 bits
  bool big_endian = false;
  std::uint16_t type = 0;                 // ET_*
  std::uint16_t machine = 0;              // EM_*
  std::optional<std::string> interpreter; // PT_INTERP: the loader
  std::optional<ElfSegment> dynamic;
  std::vector<ElfSegment> loaded; // PT_LOAD
};

// Kind::input where the file is not a whole ELF file: the message is a clause behind "the file …".
[[nodiscard]] Result<Elf> read_elf(const ReadAt& read);

// What the loader looks for. ld.so(8).
struct ElfNeeds {
  std::vector<std::string> libraries; // DT_NEEDED
  std::string rpath;
  std::string runpath;
};
[[nodiscard]] Result<ElfNeeds> read_elf_needs(const ReadAt& read, const Elf& elf);

// "amd64", "arm64" as images name them; "machine 1234" for others.
[[nodiscard]] std::string architecture_name(const Elf& elf);
// This machine's, and whether its kernel takes such a file without an emulator.
[[nodiscard]] std::string_view host_architecture();
[[nodiscard]] bool runs_here(const Elf& elf);

// The first line of a script, as the kernel takes it apart.
struct Shebang {
  std::string interpreter; // may be empty, and end in a carriage return
  std::string argument;    // all the rest of the line, or empty
};
// How much of a script the kernel looks at, bytes.
inline constexpr std::size_t kHeadSize = 256;
// nullopt where the file does not begin with "#!". execve(2), "Interpreter scripts".
[[nodiscard]] std::optional<Shebang> parse_shebang(std::string_view head);

// What a file is that the kernel does not take, by its first bytes: "is empty", "is a Windows program" …
struct Stranger {
  std::string_view what; // a clause behind the file's name
  std::string_view fix;
};
[[nodiscard]] Stranger describe_stranger(std::string_view head);

} // namespace phial::runtime
