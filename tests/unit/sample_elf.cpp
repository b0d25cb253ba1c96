#include "sample_elf.hpp"

#include <elf.h>

#include <cstring>

namespace phial {

namespace {

template <class T> void append(std::string& out, const T& value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

constexpr std::uint64_t kBase = 0x10000; // where the file lies in memory

} // namespace

std::string sample_elf(const SampleElf& sample) {
  std::string names(1, '\0');
  std::string dynamic;
  auto entry = [&](std::int64_t tag, std::uint64_t value) {
    Elf64_Dyn out{};
    out.d_tag = tag;
    out.d_un.d_val = value;
    append(dynamic, out);
  };
  auto name = [&](std::int64_t tag, const std::string& text) {
    entry(tag, names.size());
    names += text + '\0';
  };
  for (const std::string& library : sample.needed)
    name(DT_NEEDED, library);
  if (!sample.runpath.empty())
    name(DT_RUNPATH, sample.runpath);
  bool linked = !sample.needed.empty();
  std::size_t count = 1 + (sample.interpreter.empty() ? 0 : 1) + (linked ? 1 : 0);
  std::size_t at = sizeof(Elf64_Ehdr) + count * sizeof(Elf64_Phdr);
  std::size_t dynamic_at = at + sample.interpreter.size() + 1;
  entry(DT_STRTAB, kBase + dynamic_at + dynamic.size() + 2 * sizeof(Elf64_Dyn));
  entry(DT_NULL, 0);

  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = sample.type;
  header.e_machine = sample.machine;
  header.e_version = EV_CURRENT;
  header.e_phoff = sizeof(Elf64_Ehdr);
  header.e_ehsize = sizeof(Elf64_Ehdr);
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = static_cast<std::uint16_t>(count);
  std::string out;
  append(out, header);
  auto segment = [&](std::uint32_t type, std::uint64_t offset, std::uint64_t size) {
    Elf64_Phdr program{};
    program.p_type = type;
    program.p_offset = offset;
    program.p_vaddr = kBase + offset;
    program.p_filesz = program.p_memsz = size;
    append(out, program);
  };
  if (!sample.interpreter.empty())
    segment(PT_INTERP, at, sample.interpreter.size() + 1);
  segment(PT_LOAD, 0, dynamic_at + dynamic.size() + names.size());
  if (linked)
    segment(PT_DYNAMIC, dynamic_at, dynamic.size());
  return out + sample.interpreter + '\0' + dynamic + names;
}

} // namespace phial
