#include "runtime/program_file.hpp"

#include <elf.h>
#include <limits.h>

#include <algorithm>

namespace phial::runtime {

namespace {

constexpr std::size_t kMaxHeaders = 65536; // bytes of program headers the kernel takes
constexpr std::size_t kMaxDynamic = std::size_t{1} << 20;
constexpr std::size_t kMaxName = PATH_MAX;

// Numbers of a file's own byte order; zero behind the end of `bytes`.
class Fields {
public:
  Fields(std::string_view bytes, const Elf& elf) : bytes_(bytes), wide_(elf.wide), big_(elf.big_endian) {}
  [[nodiscard]] std::uint64_t number(std::size_t at, std::size_t size) const {
    if (at > bytes_.size() || size > bytes_.size() - at)
      return 0;
    std::uint64_t out = 0;
    for (std::size_t i = 0; i < size; ++i)
      out = out << 8 | static_cast<unsigned char>(bytes_[at + (big_ ? i : size - 1 - i)]);
    return out;
  }
  // A field that stands at another place, in another size, in files of 32 bits.
  [[nodiscard]] std::uint64_t word(std::size_t at64, std::size_t at32) const {
    return wide_ ? number(at64, 8) : number(at32, 4);
  }

private:
  std::string_view bytes_;
  bool wide_, big_;
};

std::unexpected<Error> damaged(std::string why) {
  return fail(Kind::input, std::move(why));
}

std::string text_at(const ReadAt& read, std::uint64_t offset) {
  std::string text = read(offset, kMaxName);
  text.resize(std::min(text.find('\0'), text.size()));
  return text;
}

Result<> add_header(Elf& elf, std::string_view header, const ReadAt& read) {
  Fields fields(header, elf);
  std::uint64_t type = fields.number(0, 4);
  ElfSegment segment{fields.word(8, 4), fields.word(16, 8), fields.word(32, 16)};
  if (type == PT_LOAD)
    elf.loaded.push_back(segment);
  if (type == PT_DYNAMIC)
    elf.dynamic = segment;
  if (type != PT_INTERP || elf.interpreter)
    return {};
  if (segment.size < 2 || segment.size > PATH_MAX)
    return damaged("names its loader in " + std::to_string(segment.size) + " bytes");
  std::string name = read(segment.offset, segment.size);
  if (name.size() < segment.size)
    return damaged("ends before the name of its loader");
  if (name.back() != '\0')
    return damaged("names its loader without an end");
  name.resize(name.find('\0'));
  elf.interpreter = std::move(name);
  return {};
}

// The file offset of an address of the program in memory.
std::optional<std::uint64_t> offset_of(const Elf& elf, std::uint64_t address) {
  for (const ElfSegment& segment : elf.loaded)
    if (address >= segment.address && address - segment.address < segment.size)
      return segment.offset + (address - segment.address);
  return std::nullopt;
}

} // namespace

Result<Elf> read_elf(const ReadAt& read) {
  std::string head = read(0, sizeof(Elf64_Ehdr));
  if (!head.starts_with(ELFMAG))
    return damaged("is no ELF file");
  Elf elf;
  if (head.size() < sizeof(Elf32_Ehdr))
    return damaged("ends within its ELF header, after " + std::to_string(head.size()) + " bytes");
  elf.wide = head[EI_CLASS] != ELFCLASS32;
  elf.big_endian = head[EI_DATA] == ELFDATA2MSB;
  if (elf.wide && head.size() < sizeof(Elf64_Ehdr))
    return damaged("ends within its ELF header, after " + std::to_string(head.size()) + " bytes");
  Fields fields(head, elf);
  elf.type = static_cast<std::uint16_t>(fields.number(16, 2));
  elf.machine = static_cast<std::uint16_t>(fields.number(18, 2));
  std::uint64_t offset = fields.word(32, 28);
  std::size_t size = fields.number(elf.wide ? 54 : 42, 2);
  std::size_t count = fields.number(elf.wide ? 56 : 44, 2);
  if (count == 0)
    return elf; // an object file, or a rump: the caller judges by its type
  if (size != (elf.wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr)) || count * size > kMaxHeaders)
    return damaged("has program headers of " + std::to_string(size) + " bytes");
  std::string headers = read(offset, count * size);
  if (headers.size() < count * size)
    return damaged("ends before its program headers");
  for (std::size_t i = 0; i < count; ++i)
    if (Result<> added = add_header(elf, std::string_view(headers).substr(i * size, size), read); !added)
      return std::unexpected(std::move(added).error());
  return elf;
}

Result<ElfNeeds> read_elf_needs(const ReadAt& read, const Elf& elf) {
  ElfNeeds out;
  if (!elf.dynamic)
    return out;
  std::string bytes = read(elf.dynamic->offset, std::min<std::uint64_t>(elf.dynamic->size, kMaxDynamic));
  Fields fields(bytes, elf);
  std::size_t entry = elf.wide ? 16 : 8;
  std::optional<std::uint64_t> strings;
  for (std::size_t at = 0; at + entry <= bytes.size(); at += entry)
    if (fields.word(at, at) == DT_STRTAB)
      strings = offset_of(elf, fields.word(at + 8, at + 4));
  if (!strings)
    return damaged("has a dynamic section without names");
  for (std::size_t at = 0; at + entry <= bytes.size(); at += entry) {
    std::uint64_t value = fields.word(at + 8, at + 4);
    switch (fields.word(at, at)) {
    case DT_NULL: return out;
    case DT_NEEDED: out.libraries.push_back(text_at(read, *strings + value)); break;
    case DT_RPATH: out.rpath = text_at(read, *strings + value); break;
    case DT_RUNPATH: out.runpath = text_at(read, *strings + value); break;
    default: break;
    }
  }
  return out;
}

std::string architecture_name(const Elf& elf) {
  switch (elf.machine) {
  case EM_X86_64: return "amd64";
  case EM_386: return "386";
  case EM_AARCH64: return "arm64";
  case EM_ARM: return "arm";
  case EM_RISCV: return elf.wide ? "riscv64" : "riscv32";
  case EM_PPC64: return elf.big_endian ? "ppc64" : "ppc64le";
  case EM_S390: return elf.wide ? "s390x" : "s390";
  case EM_MIPS: return std::string(elf.wide ? "mips64" : "mips") + (elf.big_endian ? "" : "le");
  case 258: return "loong64"; // EM_LOONGARCH
  default: return "machine " + std::to_string(elf.machine);
  }
}

#if defined(__x86_64__)
std::string_view host_architecture() {
  return "amd64";
}
bool runs_here(const Elf& elf) {
  return elf.machine == EM_X86_64 || elf.machine == EM_386;
}
#elif defined(__aarch64__)
std::string_view host_architecture() {
  return "arm64";
}
bool runs_here(const Elf& elf) {
  return elf.machine == EM_AARCH64 || elf.machine == EM_ARM;
}
#else
std::string_view host_architecture() {
  return "this machine's architecture";
}
bool runs_here(const Elf&) {
  return true;
}
#endif

std::optional<Shebang> parse_shebang(std::string_view head) {
  constexpr std::string_view kBlanks = " \t";
  if (!head.starts_with("#!"))
    return std::nullopt;
  std::string_view line = head.substr(2, std::min(head.find('\n'), kHeadSize) - 2);
  line = line.substr(0, line.find('\0'));
  line = line.substr(std::min(line.find_first_not_of(kBlanks), line.size()));
  line = line.substr(0, line.find_last_not_of(kBlanks) + 1);
  Shebang out;
  std::size_t end = std::min(line.find_first_of(kBlanks), line.size());
  out.interpreter = line.substr(0, end);
  std::size_t argument = line.find_first_not_of(kBlanks, end);
  if (argument != std::string_view::npos)
    out.argument = line.substr(argument);
  return out;
}

Stranger describe_stranger(std::string_view head) {
  using namespace std::string_view_literals;
  if (head.empty())
    return {"is empty", "see why nothing was written to it when the image was made"};
  if (head.starts_with("\xef\xbb\xbf#!"))
    return {"begins with a byte order mark, behind which the kernel does not see its #! line",
            "save the script as UTF-8 without a byte order mark"};
  if (head.starts_with("\xff\xfe"sv) || head.starts_with("\xfe\xff"sv))
    return {"is text in UTF-16, which no kernel executes", "save the script as UTF-8 without a byte order mark"};
  if (head.starts_with("MZ"))
    return {"is a Windows program", "use one that was built for Linux"};
  if (head.starts_with("\xcf\xfa\xed\xfe"sv) || head.starts_with("\xca\xfe\xba\xbe"sv))
    return {"is a macOS program or a Java class, not one of Linux", "use one that was built for Linux"};
  if (head.starts_with("\0asm"sv))
    return {"is a WebAssembly module", "run it by a WebAssembly runtime that is in the image"};
  if (head.starts_with("!<arch>"))
    return {"is an archive of object files, not a linked program", "link it"};
  if (head.starts_with("\x1f\x8b"sv))
    return {"is compressed", "unpack it in the image"};
  if (std::ranges::all_of(
          head, [](char c) { return static_cast<unsigned char>(c) >= 32 || c == '\n' || c == '\t' || c == '\r'; }))
    return {"is a text without a #! line, and no ELF program",
            "begin it with a line that names its interpreter, as #!/bin/sh does, or run it by its interpreter"};
  return {"is neither an ELF program nor a script with a #! line", "name a program"};
}

} // namespace phial::runtime
