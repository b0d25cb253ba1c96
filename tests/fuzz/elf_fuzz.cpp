// The container's program as its root has it: ELF headers, dynamic sections, first lines of scripts.
#include "targets.hpp"

#include "runtime/program_file.hpp"

namespace phial::fuzz {

void elf(std::string_view bytes) {
  std::size_t read_bytes = 0;
  runtime::ReadAt read = [&](std::uint64_t offset, std::size_t size) {
    std::string out(offset < bytes.size() ? bytes.substr(offset, size) : std::string_view());
    read_bytes += out.size();
    return out;
  };
  Result<runtime::Elf> file = runtime::read_elf(read);
  if (file) {
    static_cast<void>(runtime::architecture_name(*file));
    static_cast<void>(runtime::runs_here(*file));
    static_cast<void>(runtime::read_elf_needs(read, *file));
  }
  require(read_bytes <= std::size_t{64} << 20, "a small file is read over and over");
  static_cast<void>(runtime::parse_shebang(bytes.substr(0, runtime::kHeadSize)));
  static_cast<void>(runtime::describe_stranger(bytes.substr(0, runtime::kHeadSize)));
}

} // namespace phial::fuzz
