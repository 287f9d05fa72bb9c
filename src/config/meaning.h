/* SPDX-License-Identifier: BSD-2-Clause */
/* Warnings about what a configuration means as a whole, though each of its lines is right. */
#ifndef TOKI_CONFIG_MEANING_H
#define TOKI_CONFIG_MEANING_H

#include "config/directive.h"

/* After the last line. */
void meaning_check(struct reader *r);

#endif
