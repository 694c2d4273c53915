/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opening the two libraries, and the proof that they are two. */
#include "functions.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const function_names[FUNCTIONS] = {
#define NAME_OF(result, name, parameters) #name,
	PUBLIC_FUNCTIONS(NAME_OF)
#undef NAME_OF
};

/* Where each function's pointer stands in the library's structure. */
static const size_t pointers[FUNCTIONS] = {
#define PLACE_OF(result, name, parameters) offsetof(struct library, name),
	PUBLIC_FUNCTIONS(PLACE_OF)
#undef PLACE_OF
};

static void *pointer_of(const struct library *library, int function)
{
	void *pointer;

	memcpy(&pointer, (const char *)library + pointers[function], sizeof(pointer));
	return pointer;
}

bool open_library(struct library *library, const char *path)
{
	*library = (struct library){ .path = path };
	library->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!library->handle) {
		fprintf(stderr, "walk: %s\n", dlerror());
		return false;
	}
	for (int i = 0; i < FUNCTIONS; i++) {
		void *pointer = dlsym(library->handle, function_names[i]);

		memcpy((char *)library + pointers[i], &pointer, sizeof(pointer));
	}
	/* A name that the original exports beside its header, and that no other library does. */
	library->is_original = dlsym(library->handle, "__snprintf_conntrack") != NULL;
	return true;
}

static int exported(const struct library *library)
{
	int count = 0;

	for (int i = 0; i < FUNCTIONS; i++)
		count += pointer_of(library, i) != NULL;
	return count;
}

bool is_complete(const struct library *library)
{
	for (int i = 0; i < FUNCTIONS; i++) {
		if (pointer_of(library, i) || (library->is_original && i == F_nfct_filter_dump_set_attr_u16))
			continue;
		fprintf(stderr, "walk: %s does not export %s\n", library->path, function_names[i]);
		return false;
	}
	return true;
}

/* The file that holds a function, as the dynamic linker knows it, links resolved. */
static bool file_of(const struct library *library, char file[PATH_MAX])
{
	Dl_info info;

	return dladdr(pointer_of(library, F_nfct_new), &info) && info.dli_fname &&
		realpath(info.dli_fname, file);
}

bool are_different(const struct library *first, const struct library *second)
{
	char files[2][PATH_MAX];

	if (!file_of(first, files[0]) || !file_of(second, files[1])) {
		fprintf(stderr, "walk: cannot tell which file nfct_new came from\n");
		return false;
	}
	for (int i = 0; i < FUNCTIONS; i++) {
		void *pointer = pointer_of(first, i);

		if (pointer && pointer == pointer_of(second, i)) {
			fprintf(stderr, "walk: both libraries have the same %s\n", function_names[i]);
			return false;
		}
	}
	if (strcmp(files[0], files[1]) == 0) {
		fprintf(stderr, "walk: both libraries are %s\n", files[0]);
		return false;
	}
	printf("first:  %s (%s, %d functions)\n", files[0], first->is_original ? "the original" : "ours",
		exported(first));
	printf("second: %s (%s, %d functions)\n", files[1], second->is_original ? "the original" : "ours",
		exported(second));
	return true;
}
