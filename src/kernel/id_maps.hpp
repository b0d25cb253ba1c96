// Ids of user namespaces: ranges, the text of /proc/PID/uid_map, and the ranges /etc/subuid grants. Pure.
#pragma once

#include "base/error.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace phial::kernel {

// `size` ids from `inside` on are the ids from `outside` on, as the parent namespace counts.
struct IdRange {
  std::uint32_t inside = 0;
  std::uint32_t outside = 0;
  std::uint32_t size = 0;
  friend bool operator==(const IdRange&, const IdRange&) = default;
};

inline constexpr std::size_t kIdRangeLimit = 340; // lines of a map, since 4.15; user_namespaces(7)

// Checks what the kernel would refuse: an empty map, a size of 0, ranges that overlap on either side or run past
// 2^32 - 2, too many of them. Kind::input.
[[nodiscard]] Result<> check_id_map(std::span<const IdRange> ranges);

// The text for uid_map and gid_map; one write(2) takes it whole.
[[nodiscard]] std::string id_map_text(std::span<const IdRange> ranges);
// The text of /proc/PID/uid_map back.
[[nodiscard]] Result<std::vector<IdRange>> parse_id_map(std::string_view text);

// Where an id leads; nullopt where no range covers it.
[[nodiscard]] std::optional<std::uint32_t> to_outside(std::span<const IdRange> ranges, std::uint32_t inside);
[[nodiscard]] std::optional<std::uint32_t> to_inside(std::span<const IdRange> ranges, std::uint32_t outside);

// A grant of /etc/subuid or /etc/subgid.
struct SubordinateRange {
  std::uint32_t first = 0;
  std::uint32_t size = 0;
  friend bool operator==(const SubordinateRange&, const SubordinateRange&) = default;
};
// The grants of a user, who may be named by name or by number; lines that are none are passed over, as newuidmap(1)
// does. subuid(5).
[[nodiscard]] std::vector<SubordinateRange> parse_subordinate_ids(std::string_view text, std::string_view user,
                                                                  std::uint32_t id);

} // namespace phial::kernel
