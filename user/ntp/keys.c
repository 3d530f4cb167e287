// SPDX-License-Identifier: GPL-2.0-only
/*
 * From the text of a key file to keys. All memory that a secret passes through is wiped: the
 * file's text, each line, and the keys.
 */
#include "ntp/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/array_size.h"
#include "lib/byte_order_mark.h"
#include "lib/split_words.h"

/* A key file that is longer is none. */
#define FILE_SIZE_MAX	1048576

/* Number, type and key; one more shows that there are too many. */
#define WORDS_MAX	4

/* The types that a line can name, and how many bytes their secrets have; 0: any. */
static const struct {
	const char *name;
	size_t length;
} types[] = {
	[NTP_MAC_MD5] = { "MD5", 0 },
	[NTP_MAC_SHA1] = { "SHA1", 0 },
	[NTP_MAC_SHA256] = { "SHA256", 0 },
	[NTP_MAC_SHA384] = { "SHA384", 0 },
	[NTP_MAC_SHA512] = { "SHA512", 0 },
	[NTP_MAC_SHA3_224] = { "SHA3-224", 0 },
	[NTP_MAC_SHA3_256] = { "SHA3-256", 0 },
	[NTP_MAC_SHA3_384] = { "SHA3-384", 0 },
	[NTP_MAC_SHA3_512] = { "SHA3-512", 0 },
	[NTP_MAC_AES128] = { "AES128", 16 },
	[NTP_MAC_AES256] = { "AES256", 32 },
};

/* A key and the line that it is from. */
struct entry {
	struct ntp_key key;
	int line;
};

/**
 * struct ntp_keys - what was read
 * @entries: sorted by number; pointers, so that to make room leaves no copies of secrets
 * @count: of these
 * @room: for so many
 */
struct ntp_keys {
	struct entry **entries;
	size_t count;
	size_t room;
};

/**
 * struct reader - a reading in progress
 * @keys: being filled in
 * @report: where to report
 * @context: for @report
 * @file: its name
 * @line: in @file, from 1; 0: about the file as a whole
 * @has_errors: some of it is skipped
 */
struct reader {
	struct ntp_keys *keys;
	ntp_keys_report *report;
	void *context;
	const char *file;
	int line;
	bool has_errors;
};

static void tell(struct reader *reader, enum ntp_keys_severity severity, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void tell(struct reader *reader, enum ntp_keys_severity severity, const char *format, ...)
{
	va_list arguments;
	char message[256];

	if (severity == NTP_KEYS_ERROR)
		reader->has_errors = true;
	if (!reader->report)
		return;
	va_start(arguments, format);
	vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	reader->report(reader->context, severity, reader->file, reader->line, message);
}

/* Index of the first key whose number is not less. */
static size_t place_of(const struct ntp_keys *keys, uint32_t id)
{
	size_t low = 0, high = keys->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (keys->entries[middle]->key.id < id)
			low = middle + 1;
		else
			high = middle;
	}

	return low;
}

static const struct entry *find_entry(const struct ntp_keys *keys, uint32_t id)
{
	size_t place = place_of(keys, id);

	if (place == keys->count || keys->entries[place]->key.id != id)
		return NULL;

	return keys->entries[place];
}

static int make_room(struct ntp_keys *keys)
{
	size_t room = keys->room ? 2 * keys->room : 8;
	struct entry **entries;

	if (keys->count < keys->room)
		return 0;
	entries = reallocarray(keys->entries, room, sizeof(*entries));
	if (!entries)
		return -ENOMEM;
	keys->entries = entries;
	keys->room = room;

	return 0;
}

static int add_key(struct ntp_keys *keys, const struct ntp_key *key, int line)
{
	size_t place = place_of(keys, key->id);
	struct entry *entry;

	if (make_room(keys) < 0)
		return -ENOMEM;
	entry = malloc(sizeof(*entry));
	if (!entry)
		return -ENOMEM;
	entry->key = *key;
	entry->line = line;
	memmove(keys->entries + place + 1, keys->entries + place,
		(keys->count - place) * sizeof(*keys->entries));
	keys->entries[place] = entry;
	keys->count++;

	return 0;
}

/* Digits alone, from 1 to 2^32 - 1. */
static bool parse_id(const char *word, uint32_t *id)
{
	uint64_t value = 0;

	if (strspn(word, "0123456789") != strlen(word))
		return false;
	for (; *word; word++) {
		value = 10 * value + (uint64_t)(*word - '0');
		if (value > UINT32_MAX)
			return false;
	}
	*id = (uint32_t)value;

	return value > 0;
}

static bool parse_type(const char *word, enum ntp_mac_type *type)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (!strcmp(types[i].name, word)) {
			*type = (enum ntp_mac_type)i;
			return true;
		}
	}

	return false;
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;

	return -1;
}

static bool parse_hex(const char *digits, struct ntp_key *key)
{
	size_t count = strlen(digits);

	if (count % 2 || count / 2 > sizeof(key->secret))
		return false;
	for (size_t i = 0; i < count / 2; i++) {
		int high = digit_of(digits[2 * i]);
		int low = digit_of(digits[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		key->secret[i] = (uint8_t)(high << 4 | low);
	}
	key->length = count / 2;

	return true;
}

/* The prefixes are written in capitals: a plain key may begin with others. */
static bool parse_secret(const char *word, struct ntp_key *key)
{
	if (!strncmp(word, "HEX:", 4))
		return parse_hex(word + 4, key);
	if (!strncmp(word, "ASCII:", 6))
		word += 6;
	key->length = strlen(word);
	if (key->length > sizeof(key->secret))
		return false;
	memcpy(key->secret, word, key->length);

	return true;
}

/* The words of a line to a key. false: it is none, which was reported. */
static bool parse_key(struct reader *reader, int count, char **words, struct ntp_key *key)
{
	const char *secret = words[count - 1];
	size_t expected;

	if (count < 2 || count > 3) {
		tell(reader, NTP_KEYS_ERROR,
		     "the line is skipped: a number, a type and a key were expected, without blanks in the key; a comment needs a line of its own");
		return false;
	}
	if (byte_order_mark_of(words[0])) {
		tell(reader, NTP_KEYS_ERROR,
		     "the line is skipped: it begins with a byte order mark, which cannot be seen: save the file as UTF-8 without one");
		return false;
	}
	if (!parse_id(words[0], &key->id)) {
		tell(reader, NTP_KEYS_ERROR,
		     "the line is skipped: it does not begin with a key's number, 1 to 4294967295");
		return false;
	}
	key->type = NTP_MAC_MD5;
	if (count == 3 && !parse_type(words[1], &key->type)) {
		tell(reader, NTP_KEYS_ERROR,
		     "key %u is skipped: its type is none of MD5, SHA1, SHA256, SHA384, SHA512, SHA3-224, SHA3-256, SHA3-384, SHA3-512, AES128 and AES256, in capitals",
		     key->id);
		return false;
	}
	if (!parse_secret(secret, key)) {
		tell(reader, NTP_KEYS_ERROR,
		     "key %u is skipped: after HEX: an even number of hexadecimal digits was expected",
		     key->id);
		return false;
	}
	expected = types[key->type].length;
	if (!key->length) {
		tell(reader, NTP_KEYS_ERROR, "key %u is skipped: it is empty", key->id);
		return false;
	}
	if (expected && key->length != expected) {
		tell(reader, NTP_KEYS_ERROR,
		     "key %u is skipped: it has %zu bits, and %s keys have %zu", key->id,
		     BITS_PER_BYTE * key->length, types[key->type].name,
		     BITS_PER_BYTE * expected);
		return false;
	}

	return true;
}

/* 0, -ENOMEM; what is wrong with the words was reported. */
static int take_words(struct reader *reader, int count, char **words)
{
	struct ntp_key key = { 0 };
	const struct entry *other;
	int err = 0;

	if (!parse_key(reader, count, words, &key))
		goto out_wipe;
	other = find_entry(reader->keys, key.id);
	if (other)
		tell(reader, NTP_KEYS_ERROR,
		     "key %u is skipped: line %d has it already, and the first one counts",
		     key.id, other->line);
	else
		err = add_key(reader->keys, &key, reader->line);

out_wipe:
	explicit_bzero(&key, sizeof(key));
	return err;
}

static int take_line(struct reader *reader, const char *text, size_t length)
{
	char line[NTP_KEYS_LINE_MAX + 1];
	char *words[WORDS_MAX];
	int count, err = 0;

	if (length > NTP_KEYS_LINE_MAX) {
		tell(reader, NTP_KEYS_ERROR, "the line is skipped: %d bytes are the most",
		     NTP_KEYS_LINE_MAX);
		return 0;
	}
	if (memchr(text, '\0', length)) {
		tell(reader, NTP_KEYS_ERROR,
		     "the line is skipped: it is not text, it contains a zero byte");
		return 0;
	}
	memcpy(line, text, length);
	line[length] = '\0';

	count = split_words(line, words, WORDS_MAX);
	/* Comments start with one of these, on a line of their own. */
	if (count > 0 && !strchr("#!;%", words[0][0]))
		err = take_words(reader, count, words);
	explicit_bzero(line, sizeof(line));

	return err;
}

static int take_text(struct reader *reader, const char *text, size_t length)
{
	int err = 0;

	while (length > 0 && !err) {
		const char *end = memchr(text, '\n', length);
		size_t line_length = end ? (size_t)(end - text) : length;

		reader->line++;
		err = take_line(reader, text, line_length);
		line_length += end ? 1 : 0;
		text += line_length;
		length -= line_length;
	}

	return err;
}

/* Once, however many there are. */
static void warn_of_md5(struct reader *reader)
{
	const struct entry *first = NULL;
	size_t count = 0;

	for (size_t i = 0; i < reader->keys->count; i++) {
		const struct entry *entry = reader->keys->entries[i];

		if (entry->key.type != NTP_MAC_MD5)
			continue;
		if (!first || entry->line < first->line)
			first = entry;
		count++;
	}
	if (!count)
		return;
	reader->line = first->line;
	tell(reader, NTP_KEYS_WARNING,
	     "key %u%s of type MD5, which is weak: use AES128, and HEX: with 32 random digits, here and on the other side",
	     first->key.id, count > 1 ? " and others are" : " is");
}

static int read_keys(struct reader *reader, const char *text, size_t length,
		     struct ntp_keys **keys)
{
	int err;

	reader->keys = calloc(1, sizeof(*reader->keys));
	if (!reader->keys)
		return -ENOMEM;
	err = take_text(reader, text, length);
	if (err < 0) {
		ntp_keys_free(reader->keys);
		return err;
	}
	warn_of_md5(reader);
	*keys = reader->keys;

	return 0;
}

int ntp_keys_read(const char *name, const char *text, size_t length, ntp_keys_report *report,
		  void *context, struct ntp_keys **keys)
{
	struct reader reader = { .report = report, .context = context, .file = name };

	return read_keys(&reader, text, length, keys);
}

/* The same, and -ENODATA where all that is in it is damage. */
static int read_file_keys(struct reader *reader, const char *text, size_t length,
			  struct ntp_keys **keys)
{
	int err = read_keys(reader, text, length, keys);

	reader->line = 0;
	if (err || (*keys)->count || !reader->has_errors)
		return err;
	ntp_keys_free(*keys);
	*keys = NULL;

	return -ENODATA;
}

/* All of an open file. How much, -errno. */
static ssize_t read_all(int fd, char *text, size_t size)
{
	size_t length = 0;
	ssize_t got;

	do {
		got = read(fd, text + length, size - length);
		if (got < 0)
			return -errno;
		length += (size_t)got;
	} while (got > 0 && length < size);

	return length < size ? (ssize_t)length : -EFBIG;
}

/* A file's text to keys. 0, -errno. */
static int load_open(struct reader *reader, int fd, struct ntp_keys **keys)
{
	struct stat status;
	ssize_t length;
	char *text;
	int err;

	if (fstat(fd, &status) < 0)
		return -errno;
	if (S_ISDIR(status.st_mode))
		return -EISDIR;
	if (status.st_mode & 0006)
		tell(reader, NTP_KEYS_WARNING,
		     "everybody may %s this file, so that its keys protect from nobody: change them, and the mode to 0640",
		     status.st_mode & 0004 ? "read" : "write to");

	text = malloc(FILE_SIZE_MAX + 1);
	if (!text)
		return -ENOMEM;
	length = read_all(fd, text, FILE_SIZE_MAX + 1);
	/* It is being written, or a pipe without a writer; /dev/null is meant. */
	if (!length && !S_ISCHR(status.st_mode))
		length = -ENODATA;
	err = length < 0 ? (int)length : read_file_keys(reader, text, (size_t)length, keys);
	explicit_bzero(text, FILE_SIZE_MAX + 1);
	free(text);

	return err;
}

int ntp_keys_load(const char *path, ntp_keys_report *report, void *context,
		  struct ntp_keys **keys)
{
	struct reader reader = { .report = report, .context = context, .file = path };
	int fd, err;

	/* Do not block on a pipe without a writer. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	err = fd < 0 ? -errno : load_open(&reader, fd, keys);
	if (fd >= 0)
		close(fd);
	if (err < 0)
		tell(&reader, NTP_KEYS_ERROR, "the keys cannot be read: %s", strerror(-err));

	return err;
}

void ntp_keys_free(struct ntp_keys *keys)
{
	if (!keys)
		return;
	for (size_t i = 0; i < keys->count; i++) {
		explicit_bzero(keys->entries[i], sizeof(*keys->entries[i]));
		free(keys->entries[i]);
	}
	free(keys->entries);
	free(keys);
}

const struct ntp_key *ntp_keys_find(const struct ntp_keys *keys, uint32_t id)
{
	const struct entry *entry = keys ? find_entry(keys, id) : NULL;

	return entry ? &entry->key : NULL;
}

size_t ntp_keys_count(const struct ntp_keys *keys)
{
	return keys ? keys->count : 0;
}

const struct ntp_key *ntp_keys_at(const struct ntp_keys *keys, size_t index)
{
	return index < ntp_keys_count(keys) ? &keys->entries[index]->key : NULL;
}
