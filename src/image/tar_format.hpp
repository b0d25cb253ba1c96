// The layout of a tar header block (POSIX pax "ustar", and GNU's variant), shared by the reader and the writer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace phial::image {

inline constexpr std::size_t kTarBlock = 512;

struct TarField {
  std::size_t at;
  std::size_t size;
};

inline constexpr TarField kTarName{0, 100};
inline constexpr TarField kTarMode{100, 8};
inline constexpr TarField kTarUid{108, 8};
inline constexpr TarField kTarGid{116, 8};
inline constexpr TarField kTarSize{124, 12};
inline constexpr TarField kTarMtime{136, 12};
inline constexpr TarField kTarChecksum{148, 8};
inline constexpr std::size_t kTarType = 156;
inline constexpr TarField kTarLink{157, 100};
inline constexpr TarField kTarMagic{257, 8}; // "ustar\0" "00", or GNU's "ustar  \0"
inline constexpr TarField kTarMajor{329, 8};
inline constexpr TarField kTarMinor{337, 8};
inline constexpr TarField kTarPrefix{345, 155};
inline constexpr std::size_t kGnuSparseAt = 386; // four pairs of offset and length, twelve bytes each
inline constexpr std::size_t kGnuSparseCount = 4;
inline constexpr std::size_t kGnuExtended = 482;
inline constexpr TarField kGnuRealSize{483, 12};
inline constexpr std::size_t kGnuExtensionCount = 21; // pairs in an extension block
inline constexpr std::size_t kGnuExtensionMore = 504;

inline std::string_view tar_field(const char* block, TarField field) {
  return {block + field.at, field.size};
}

// The sum of a header's bytes, its checksum field taken for blanks.
inline std::uint32_t tar_checksum(const char* block) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < kTarBlock; ++i) {
    bool blank = i >= kTarChecksum.at && i < kTarChecksum.at + kTarChecksum.size;
    sum += blank ? ' ' : static_cast<unsigned char>(block[i]);
  }
  return sum;
}

} // namespace phial::image
