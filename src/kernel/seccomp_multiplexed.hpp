// Calls that i386 has behind one number too: facts. linux/net.h and linux/ipc.h have the numbers.
#pragma once

#include "kernel/syscall_table.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>

namespace phial::kernel {

// On i386 these can be made by socketcall(2) and ipc(2) too, whose first argument says which one is
// meant.
struct Multiplexed {
  std::string_view name;
  std::uint32_t number; // of socketcall or ipc
  std::uint32_t which;
};
inline constexpr std::uint32_t kSocketcall = 102;
inline constexpr std::uint32_t kIpc = 117;
inline constexpr Multiplexed kMultiplexed[] = {
    {"socket", kSocketcall, 1},
    {"bind", kSocketcall, 2},
    {"connect", kSocketcall, 3},
    {"listen", kSocketcall, 4},
    {"accept", kSocketcall, 5},
    {"getsockname", kSocketcall, 6},
    {"getpeername", kSocketcall, 7},
    {"socketpair", kSocketcall, 8},
    {"send", kSocketcall, 9},
    {"recv", kSocketcall, 10},
    {"sendto", kSocketcall, 11},
    {"recvfrom", kSocketcall, 12},
    {"shutdown", kSocketcall, 13},
    {"setsockopt", kSocketcall, 14},
    {"getsockopt", kSocketcall, 15},
    {"sendmsg", kSocketcall, 16},
    {"recvmsg", kSocketcall, 17},
    {"accept4", kSocketcall, 18},
    {"recvmmsg", kSocketcall, 19},
    {"sendmmsg", kSocketcall, 20},
    {"semop", kIpc, 1},
    {"semget", kIpc, 2},
    {"semctl", kIpc, 3},
    {"semtimedop", kIpc, 4},
    {"msgsnd", kIpc, 11},
    {"msgrcv", kIpc, 12},
    {"msgget", kIpc, 13},
    {"msgctl", kIpc, 14},
    {"shmat", kIpc, 21},
    {"shmdt", kIpc, 22},
    {"shmget", kIpc, 23},
    {"shmctl", kIpc, 24},
};

// Row + 1 of the table above for each row of the table of calls.
inline constexpr auto kMultiplexedRow = [] {
  std::array<std::uint8_t, std::size(kSystemCalls)> rows{};
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (std::size_t at = 0; at < std::size(kMultiplexed); ++at)
      if (kMultiplexed[at].name == kSystemCalls[i].name)
        rows[i] = static_cast<std::uint8_t>(at + 1);
  return rows;
}();

} // namespace phial::kernel
