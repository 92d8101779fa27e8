/* conform_tls.c: what belongs to a thread: values of keys, thread_local words, errno; and what becomes of it at its end, in
 * what order. See conform.h. */
#include <limits.h>
#include <locale.h>
#include <threads.h>

#include "conform.h"

enum { KEYS = 40, ROUNDS_MOST = 8 };

static pthread_key_t keys[KEYS];
static __thread unsigned word = 77;
static __thread char large[4096];
static unsigned go, made;

/* Part of libc's interface for C++, which has its thread_local destructors run. */
extern int __cxa_thread_atexit_impl(void (*destructor)(void *), void *object, void *dso);
extern void *__dso_handle;

/* ---- destructors of keys ---- */

/* A value is its key's number + 1. */
static void say_value(void *value)
{
    say("key %u ends\n", (unsigned)(uintptr_t)value - 1);
}

static void make_keys(unsigned count, void (*destructor)(void *))
{
    for (; made < count; made++)
        must(pthread_key_create(&keys[made], destructor) == 0, "pthread_key_create");
}

static void set_value(unsigned i)
{
    must(pthread_setspecific(keys[i], (void *)(uintptr_t)(i + 1)) == 0, "pthread_setspecific");
}

enum way { BY_RETURN, BY_EXIT, BY_CANCEL, WAYS };

static void leave(unsigned way)
{
    if (way == BY_EXIT)
        pthread_exit(&keys);
    if (way == BY_CANCEL) {
        pthread_cancel(pthread_self());
        pthread_testcancel();
    }
}

static void *set_all(void *argument)
{
    unsigned row = *(unsigned *)argument;
    for (unsigned i = made; i-- > 0;)
        set_value(i);
    leave(row);
    return &keys;
}

/* Of all keys, set in the reverse order. */
static void key_order(unsigned row)
{
    make_keys(KEYS, say_value);
    join_and_say(begin_thread(set_all, &row));
}

/* A destructor that sets its key again is called again, a number of times. */
static void say_and_set_again(void *value)
{
    static __thread unsigned calls;
    say("call %u, errno %s\n", ++calls, error_name(errno));
    pthread_setspecific(keys[0], value);
    if (calls > ROUNDS_MOST)
        abort();
    errno = calls % 2 ? ENOENT : MARK;
}

static void *set_first(void *argument)
{
    errno = MARK;
    set_value(0);
    leave(*(unsigned *)argument);
    return &keys;
}

static void key_rounds(unsigned row)
{
    make_keys(1, say_and_set_again);
    join_and_say(begin_thread(set_first, &row));
}

/* Of two keys each sets the other's value, upwards and downwards. */
static void say_and_set_other(void *value)
{
    unsigned i = (unsigned)(uintptr_t)value - 1;
    static __thread unsigned calls;
    say("key %u ends, others have %s\n", i, pthread_getspecific(keys[1 - i]) != NULL ? "a value" : "none");
    if (++calls < ROUNDS_MOST)
        set_value(1 - i);
}

static void *set_one(void *argument)
{
    set_value(*(unsigned *)argument);
    return NULL;
}

static void key_ping_pong(unsigned row)
{
    make_keys(2, say_and_set_other);
    join_and_say(begin_thread(set_one, &row));
}

/* What a destructor may do: allocate, free, name the thread, make another, make and delete keys, lock, wait. */
static void *nothing(void *argument)
{
    return argument;
}

static void end_allocating(void *value)
{
    for (unsigned i = 0; i < 100; i++)
        free(realloc(malloc(i * 10), i * 20 + 1));
    say_value(value);
}

static void end_naming(void *value)
{
    char name[16] = "";
    say_error(pthread_setname_np(pthread_self(), "ending"));
    pthread_getname_np(pthread_self(), name, sizeof name);
    say("\"%s\"\n", name);
    say_value(value);
}

static void end_creating(void *value)
{
    join_and_say(begin_thread(nothing, NULL));
    say_value(value);
}

static void end_with_new_key(void *value)
{
    pthread_key_t late;
    say_error(pthread_key_create(&late, say_value));
    say_error(pthread_setspecific(late, value));
    say_value(value);
}

static void end_deleting_key(void *value)
{
    say_error(pthread_key_delete(keys[0]));
    say_value(value);
}

static void end_waiting(void *value)
{
    usleep(1);
    pthread_testcancel();
    say_value(value);
}

static void end_exiting(void *value)
{
    say_value(value);
    exit(5);
}

static void end_forking(void *value)
{
    pid_t child = fork();
    if (child == 0)
        _exit(6);
    wait_and_say("child", child);
    say_value(value);
}

static void (*const endings[])(void *) = {end_allocating,   end_naming,  end_creating, end_with_new_key,
                                          end_deleting_key, end_waiting, end_exiting,  end_forking};

static void key_destructors(unsigned row)
{
    unsigned way = row % WAYS;
    make_keys(3, endings[row / WAYS]);
    join_and_say(begin_thread(set_all, &way));
}

/* ---- keys themselves ---- */

static void *look_at_new(void *argument)
{
    say("%s\n", pthread_getspecific(*(pthread_key_t *)argument) == NULL ? "NULL" : "a value");
    return NULL;
}

static void key_life(unsigned row)
{
    pthread_key_t key;
    (void)row;
    say_error(pthread_key_create(&key, NULL));
    say("%s\n", pthread_getspecific(key) == NULL ? "NULL" : "a value");
    say_error(pthread_setspecific(key, &key));
    join_and_say(begin_thread(look_at_new, &key));
    say_error(pthread_key_delete(key));
    say_error(pthread_key_delete(key));
    say_error(pthread_setspecific(key, &key));
    say("%s\n", pthread_getspecific(key) == NULL ? "NULL" : "a value");
    pthread_key_t again;
    say_error(pthread_key_create(&again, NULL));
    say("%s number, %s\n", again == key ? "the same" : "another",
        pthread_getspecific(again) == NULL ? "NULL" : "a value");
}

static void no_key(unsigned row)
{
    static const pthread_key_t none[] = {PTHREAD_KEYS_MAX, PTHREAD_KEYS_MAX - 1, UINT_MAX};
    pthread_key_t key = none[row];
    say_error(pthread_setspecific(key, &key));
    say_error(pthread_key_delete(key));
    say("%s\n", pthread_getspecific(key) == NULL ? "NULL" : "a value");
}

/* Made and deleted more often than there are keys. */
static void key_churn(unsigned row)
{
    unsigned done = 0;
    (void)row;
    for (unsigned i = 0; i < 3 * PTHREAD_KEYS_MAX; i++) {
        pthread_key_t key;
        if (pthread_key_create(&key, say_value) == 0 && pthread_setspecific(key, &key) == 0 &&
            pthread_key_delete(key) == 0)
            done++;
    }
    say("%u made\n", done);
}

/* C11's, whose destructors run in rounds, too. */
static void c11_value(void *value)
{
    say("tss ends: %s\n", (char *)value);
}

static int c11_thread(void *argument)
{
    static char text[] = "text";
    tss_t *key = argument;
    say("set: %d, get: %s\n", tss_set(*key, text), tss_get(*key) == text ? "as set" : "another");
    return 3;
}

static void c11_keys(unsigned row)
{
    tss_t key;
    thrd_t thread;
    int result = 0;
    (void)row;
    say("create: %d\n", tss_create(&key, c11_value));
    int made_one = thrd_create(&thread, c11_thread, &key);
    int joined = thrd_join(thread, &result);
    say("thread: %d, join: %d, result %d\n", made_one, joined, result);
    tss_delete(key);
}

/* ---- the main thread's own end ---- */

static void *join_main(void *argument)
{
    join_and_say(*(pthread_t *)argument);
    exit(4);
}

static void at_end(void)
{
    say("atexit\n");
}

static void end_of_object(void *text)
{
    say("object: %s\n", (char *)text);
}

static char first_object[] = "first", second_object[] = "second";

static void main_ends(unsigned row)
{
    static pthread_t own;
    own = pthread_self();
    atexit(at_end);
    make_keys(2, say_value);
    set_value(0);
    set_value(1);
    __cxa_thread_atexit_impl(end_of_object, first_object, &__dso_handle);
    __cxa_thread_atexit_impl(end_of_object, second_object, &__dso_handle);
    if (row == 0)
        exit(3);
    if (row == 1)
        _exit(3);
    if (row == 2)
        begin_thread(join_main, &own);
    pthread_exit(NULL);
}

/* ---- thread_local objects, keys and handlers, one after the other ---- */

static void say_handler(void *text)
{
    say("handler: %s\n", (char *)text);
}

static void *with_objects(void *argument)
{
    unsigned way = *(unsigned *)argument;
    static char handler[] = "pushed";
    __cxa_thread_atexit_impl(end_of_object, first_object, &__dso_handle);
    set_value(0);
    __cxa_thread_atexit_impl(end_of_object, second_object, &__dso_handle);
    pthread_cleanup_push(say_handler, handler);
    leave(way);
    pthread_cleanup_pop(0);
    return &keys;
}

static void object_order(unsigned row)
{
    make_keys(1, say_value);
    join_and_say(begin_thread(with_objects, &row));
}

/* An object's end makes another object, and sets a key. */
static void end_making_another(void *text)
{
    end_of_object(text);
    set_value(0);
    __cxa_thread_atexit_impl(end_of_object, second_object, &__dso_handle);
}

static void *with_late_object(void *argument)
{
    __cxa_thread_atexit_impl(end_making_another, first_object, &__dso_handle);
    leave(*(unsigned *)argument);
    return &keys;
}

static void late_objects(unsigned row)
{
    make_keys(1, say_value);
    join_and_say(begin_thread(with_late_object, &row));
}

/* ---- words ---- */

static void *look_at_words(void *argument)
{
    size_t zeros = 0;
    for (size_t i = 0; i < sizeof large; i++)
        zeros += large[i] == 0;
    say("word %u, %zu zeros, errno %s\n", word, zeros, error_name(errno));
    word = 5;
    memset(large, 1, sizeof large);
    errno = MARK;
    return argument;
}

/* A stack is used again by the next thread; what was in its words is not. */
static void words(unsigned row)
{
    word = 6;
    errno = MARK;
    for (unsigned i = 0; i <= row; i++)
        join_and_say(begin_thread(look_at_words, NULL));
    say("word %u, errno %s\n", word, error_name(errno));
}

static void *say_locale(void *argument)
{
    say("%s\n", uselocale((locale_t)0) == LC_GLOBAL_LOCALE ? "the global locale" : "one of its own");
    return argument;
}

static void locales(unsigned row)
{
    locale_t locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    (void)row;
    uselocale(locale);
    join_and_say(begin_thread(say_locale, NULL));
    say_locale(NULL);
}

/* ---- errno is the thread's ---- */

static void *change_errno(void *argument)
{
    errno = ENOENT;
    set_word(&go, 1);
    return argument;
}

static void errno_apart(unsigned row)
{
    (void)row;
    errno = MARK;
    pthread_t thread = begin_thread(change_errno, NULL);
    await_word(&go, 1);
    say("errno %s\n", error_name(errno));
    join_and_say(thread);
    say("errno %s\n", error_name(errno));
}

int main(int argc, char **argv)
{
    static const struct conform_group groups[] = {
        {"key-order", key_order, WAYS},
        {"key-rounds", key_rounds, WAYS},
        {"key-ping-pong", key_ping_pong, 2},
        {"key-destructors", key_destructors, WAYS * ROWS(endings)},
        {"key-life", key_life, 1},
        {"no-key", no_key, 3},
        {"key-churn", key_churn, 1},
        {"c11-keys", c11_keys, 1},
        {"main-ends", main_ends, 4},
        {"object-order", object_order, WAYS},
        {"late-objects", late_objects, WAYS},
        {"words", words, 3},
        {"locales", locales, 1},
        {"errno-apart", errno_apart, 1},
    };
    return conform_main(argc, argv, groups, ROWS(groups));
}
