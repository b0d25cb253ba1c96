#include "base/error.hpp"

#include <cstring>

namespace phial {

std::string Error::text() const {
  std::string out;
  for (auto it = doing.rbegin(); it != doing.rend(); ++it)
    out += *it + ": ";
  if (!position.empty())
    out += position + ": ";
  out += message;
  if (call.empty() && number == 0)
    return out;
  if (!message.empty())
    out += ": ";
  if (!call.empty())
    out += call + (object.empty() ? "" : " " + object);
  if (number != 0)
    out += (call.empty() ? std::string() : std::string(": ")) + std::strerror(number);
  return out;
}

Error&& Error::with_hint(std::string text) && {
  hint = std::move(text);
  return std::move(*this);
}

Error&& Error::with_position(std::string text) && {
  position = std::move(text);
  return std::move(*this);
}

std::unexpected<Error> fail(Kind kind, std::string message) {
  Error error;
  error.kind = kind;
  error.message = std::move(message);
  return std::unexpected(std::move(error));
}

std::unexpected<Error> fail(Kind kind, std::string message, std::string hint) {
  Error error;
  error.kind = kind;
  error.message = std::move(message);
  error.hint = std::move(hint);
  return std::unexpected(std::move(error));
}

namespace {

Kind kind_of(int number) {
  switch (number) {
  case ENOENT: return Kind::not_found;
  case EEXIST: return Kind::exists;
  case EPERM:
  case EACCES: return Kind::permission;
  case ENOSYS: return Kind::unsupported;
  default: return Kind::system;
  }
}

} // namespace

std::unexpected<Error> fail_call(std::string_view call, std::string_view object, int number) {
  Error error;
  error.kind = kind_of(number);
  error.call = call;
  error.object = object;
  error.number = number;
  return std::unexpected(std::move(error));
}

Error while_doing(Error error, std::string doing) {
  error.doing.push_back(std::move(doing));
  return error;
}

} // namespace phial
