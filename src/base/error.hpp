// Result<T> and Error: how every function of Phial that can fail says so.
// This file knows no kernel policy; it only carries what the caller found out.
#pragma once

#include <cerrno>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace phial {

// What kind of failure it was. Decides exit statuses; see exit_status() in cli/ and oci/.
enum class Kind : std::uint8_t {
  usage,           // a flag or an argument of the command line is wrong
  input,           // a file or a document we were given is wrong (config.json, an archive, an env file)
  not_found,       // the named object does not exist
  exists,          // the named object exists already
  state,           // the object is in a state that does not allow the operation
  permission,      // the caller may not do this
  unsupported,     // this kernel or this build cannot do it
  system,          // a system call failed
  command_missing, // the container's program does not exist in its root (exit status 127)
  command_invalid, // the container's program exists and cannot be executed (exit status 126)
  internal,        // a bug of ours
};

// One failure. `message` is a full clause that can stand alone ("cannot open the image's index");
// `call`, `object` and `number` tell of the system call behind it, if there was one.
struct Error {
  Kind kind = Kind::internal;
  std::string message;
  std::string call;               // "openat2", or empty
  std::string object;             // path, container, field; or empty
  int number = 0;                 // errno, or 0
  std::string position;           // "config.json:41 process.rlimits[2].type", or empty
  std::string hint;               // what to do about it, one sentence, or empty
  std::vector<std::string> doing; // what the layers above were doing, innermost first

  // The sentence a person reads, without the hint: "doing: doing: position: message: call(object): strerror".
  [[nodiscard]] std::string text() const;

  Error&& with_hint(std::string text) &&;
  Error&& with_position(std::string text) &&;
};

template <class T = void> using Result = std::expected<T, Error>;

// An error without a system call.
[[nodiscard]] std::unexpected<Error> fail(Kind kind, std::string message);
[[nodiscard]] std::unexpected<Error> fail(Kind kind, std::string message, std::string hint);

// An error of the system call `call` on `object`; `number` is the errno it left.
[[nodiscard]] std::unexpected<Error> fail_call(std::string_view call, std::string_view object, int number = errno);

// Adds what this layer was doing.
[[nodiscard]] Error while_doing(Error error, std::string doing);

} // namespace phial

#define PHIAL_JOIN_(a, b) a##b
#define PHIAL_JOIN(a, b) PHIAL_JOIN_(a, b)

// TRY(expression): the value of a Result, or return of its error. TRY(expression, text) adds what was being done;
// `text` is evaluated only on failure.
#define PHIAL_TRY_1(variable, expression)                                                                              \
  __extension__({                                                                                                      \
    auto&& variable = (expression);                                                                                    \
    if (!variable) [[unlikely]]                                                                                        \
      return std::unexpected(std::move(variable).error());                                                             \
    *std::move(variable);                                                                                              \
  })
#define PHIAL_TRY_2(variable, expression, doing)                                                                       \
  __extension__({                                                                                                      \
    auto&& variable = (expression);                                                                                    \
    if (!variable) [[unlikely]]                                                                                        \
      return std::unexpected(::phial::while_doing(std::move(variable).error(), (doing)));                              \
    *std::move(variable);                                                                                              \
  })
#define PHIAL_TRY_PICK(_1, _2, name, ...) name
#define PHIAL_TRY_EXPAND1(e) PHIAL_TRY_1(PHIAL_JOIN(try_result_, __COUNTER__), e)
#define PHIAL_TRY_EXPAND2(e, d) PHIAL_TRY_2(PHIAL_JOIN(try_result_, __COUNTER__), e, d)
#define TRY(...) PHIAL_TRY_PICK(__VA_ARGS__, PHIAL_TRY_EXPAND2, PHIAL_TRY_EXPAND1, )(__VA_ARGS__)
