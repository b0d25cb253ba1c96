// The terms of the command line's tables, as this room uses them. The grammar itself is commandline/arguments.hpp.
#pragma once

#include "commandline/arguments.hpp"

namespace phial::cli {

using commandline::AbsentOption;
using commandline::Arguments;
using commandline::check_count;
using commandline::display_name;
using commandline::Flag;
using commandline::Offer;
using commandline::Option;
using commandline::Options;
using commandline::parse_arguments;
using commandline::parse_switch;

} // namespace phial::cli
