/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_redis_hostile.c - the redis plugin with a server that is broken, hostile or no Redis, and
 * with options that are wrong.
 */
#include "redis.c"

#include "fake-instance.h"
#include "test_redis.h"

#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/wait.h>

/* ---- the server --------------------------------------------------------------------------- */

/* What the server does after its answer. */
enum manner {
    STAYS, /* reads on and says no more */
    HANGS_UP,
    FLOODS,  /* sends 'x' as fast as it can */
    TRICKLES /* sends 'x' every 50 ms */
};

#define SCRIPT_LOADED "$40\r\n0123456789012345678901234567890123456789\r\n"

static pid_t server;

/* Says BYTES to each client that sent something, all at once, so before it is asked. */
static void __attribute__((noreturn)) serve(int listener, const char *bytes, enum manner manner) {
    char buffer[4096];
    for (;;) {
        int client = accept(listener, NULL, NULL);
        bool there = read(client, buffer, sizeof(buffer)) > 0 &&
                     (!*bytes || send(client, bytes, strlen(bytes), MSG_NOSIGNAL) > 0);
        if (manner == HANGS_UP)
            shutdown(client, SHUT_WR);
        memset(buffer, 'x', sizeof(buffer));
        while (there && manner == FLOODS)
            there = send(client, buffer, sizeof(buffer), MSG_NOSIGNAL) > 0;
        while (there && manner == TRICKLES) {
            there = send(client, buffer, 1, MSG_NOSIGNAL) > 0;
            poll(NULL, 0, 50);
        }
        while (there)
            there = read(client, buffer, sizeof(buffer)) > 0;
        close(client);
    }
}

static void server_start(int listener, const char *bytes, enum manner manner) {
    ck_assert_int_eq(listen(listener, 5), 0);
    server = fork();
    ck_assert_int_ge(server, 0);
    if (server == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        serve(listener, bytes, manner);
    }
    close(listener);
}

static void server_on_socket(const char *bytes, enum manner manner) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, test_socket, strlen(test_socket));
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    unlink(test_socket); /* of a test that failed */
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
    server_start(listener, bytes, manner);
}

static void setup(void) {
    server = 0;
}

static void server_stop(void) {
    if (server > 0) {
        kill(server, SIGKILL);
        waitpid(server, NULL, 0);
    }
    server = 0;
    unlink(test_socket);
}

/* ---- answers ------------------------------------------------------------------------------ */

struct answer_case {
    const char *bytes; /* all that the server says */
    enum manner manner;
    size_t delivered; /* of three events */
    const char *line; /* part of the one log line; NULL: none */
};

/* The server may take a while to hang up; a connection that has not ended yet is a good one. */
static void end_await(const struct sink *sink) {
    const struct redis *redis = sink->self;

    if (redis->connection.context) {
        struct pollfd ended = {.fd = redis->connection.context->fd, .events = POLLIN};

        ck_assert_int_eq(poll(&ended, 1, 10000), 1);
    }
}

/* Publishes twice, as the second call must not log what the first one did.  TIMEOUT is long where
 * it is not what is tested: the machine may be busy. */
static void check_answers(const struct answer_case *cases, size_t count, const char *timeout) {
    for (size_t i = 0; i < count; i++) {
        server_on_socket(cases[i].bytes, cases[i].manner);
        struct sink sink = sink_open((struct fake_value[]){{"timeout", timeout}, {0}});
        int64_t start = milliseconds();
        for (int turn = 0; turn < 2; turn++) {
            if (turn == 1 && cases[i].manner == HANGS_UP)
                end_await(&sink);
            size_t delivered = sink_publish(&sink, 0, 3);
            ck_assert_msg(delivered == cases[i].delivered, "case %zu, turn %d: %zu delivered; %s",
                          i, turn, delivered, ((struct redis *)sink.self)->connection.reason);
        }
        ck_assert_int_lt(milliseconds() - start, 15000);
        assert_lines(&sink, cases[i].line, NULL);
        sink_close(&sink);
        server_stop();
    }
}

START_TEST(errors_are_logged_once_with_their_text) {
    static const struct answer_case cases[] = {
        {"-LOADING Redis is loading the dataset in memory\r\n", STAYS, 0,
         ": LOADING Redis is loading the dataset in memory; the events wait"},
        {"-NOAUTH Authentication required.\r\n", STAYS, 0, ": NOAUTH Authentication required."},
        {"-ERR max number of clients reached\r\n", HANGS_UP, 0, "max number of clients"},
        {"-DENIED Redis is running in protected mode\r\n", HANGS_UP, 0, ": DENIED "},
        {"-\r\n", STAYS, 0, ": ; the events wait"},
        {SCRIPT_LOADED "-MOVED 3999 127.0.0.1:6381\r\n:1\r\n:1\r\n", STAYS, 0,
         ": MOVED 3999 127.0.0.1:6381"},
        {SCRIPT_LOADED "-CLUSTERDOWN Hash slot not served\r\n", STAYS, 0, ": CLUSTERDOWN "},
        {SCRIPT_LOADED "-READONLY You can't write\r\n", STAYS, 0, ": READONLY "},
        {SCRIPT_LOADED "-OOM command not allowed\r\n", STAYS, 0, ": OOM "},
        {SCRIPT_LOADED "-NOPERM no permission\r\n", STAYS, 0, ": NOPERM "},
        /* A script that is lost again and again must not keep us for ever. */
        {SCRIPT_LOADED "-NOSCRIPT No matching script.\r\n", STAYS, 0, ": NOSCRIPT "},
        /* The count stops at the error, whatever follows. */
        {SCRIPT_LOADED ":1\r\n:0\r\n-OOM full\r\n", STAYS, 2, ": OOM full; "},
        {SCRIPT_LOADED ":1\r\n-OOM full\r\n:1\r\n", STAYS, 1, ": OOM full; "},
    };
    check_answers(cases, sizeof(cases) / sizeof(cases[0]), "10s");
}
END_TEST

START_TEST(answers_of_a_wrong_kind_end_the_connection) {
    static const struct answer_case cases[] = {
        /* to SCRIPT LOAD */
        {"+OK\r\n+OK\r\n+OK\r\n+OK\r\n", STAYS, 0, "unexpected answer"},
        {":40\r\n", STAYS, 0, "unexpected answer"},
        {"$-1\r\n", STAYS, 0, "unexpected answer"},
        {"$39\r\n012345678901234567890123456789012345678\r\n", STAYS, 0, "unexpected answer"},
        {"$0\r\n\r\n", STAYS, 0, "unexpected answer"},
        {"*0\r\n", STAYS, 0, "unexpected type"},
        /* to the script */
        {SCRIPT_LOADED ":1\r\n:2\r\n:1\r\n", STAYS, 1, "unexpected answer"},
        {SCRIPT_LOADED ":-1\r\n", STAYS, 0, "unexpected answer"},
        {SCRIPT_LOADED "$1\r\n1\r\n", STAYS, 0, "unexpected answer"},
        {SCRIPT_LOADED "$-1\r\n", STAYS, 0, "unexpected answer"},
        {SCRIPT_LOADED "+OK\r\n", STAYS, 0, "unexpected answer"},
        {SCRIPT_LOADED "+UNPUBLISHED\r\n", STAYS, 0, "unexpected answer"},
        {SCRIPT_LOADED "*1\r\n:1\r\n", STAYS, 0, "unexpected type"},
        {SCRIPT_LOADED ":1\r\n:1\r\n*2\r\n", STAYS, 2, "unexpected type"},
        /* RESP3, which nobody asked for */
        {SCRIPT_LOADED "_\r\n", STAYS, 0, "unexpected type"},
        {SCRIPT_LOADED "#t\r\n", STAYS, 0, "unexpected type"},
        {SCRIPT_LOADED ">2\r\n+a\r\n+b\r\n", STAYS, 0, "unexpected type"},
        /* no Redis at all */
        {"HTTP/1.1 400 Bad Request\r\n\r\n", HANGS_UP, 0, "unexpected type"},
        {"220 mail.example.org ESMTP\r\n", STAYS, 0, "unexpected type"},
        {"\r\n", STAYS, 0, "unexpected type"},
        {":one\r\n", HANGS_UP, 0, "un"}, /* hiredis 0.14 reads 0, 1.x refuses it */
        {"$x\r\n", HANGS_UP, 0, "un"},
    };
    check_answers(cases, sizeof(cases) / sizeof(cases[0]), "10s");
}
END_TEST

START_TEST(sizes_do_not_make_us_allocate) {
    static const struct answer_case cases[] = {
        {"$536870912\r\n", FLOODS, 0, "unexpected size"},
        {SCRIPT_LOADED ":1\r\n$536870912\r\n", FLOODS, 1, "unexpected size"},
        {"+", FLOODS, 0, "unexpected size"},
        {"-", FLOODS, 0, "unexpected size"},
        {SCRIPT_LOADED "$9223372036854775807\r\n", FLOODS, 0, "un"},
        {SCRIPT_LOADED "$-9223372036854775808\r\n", FLOODS, 0, "un"},
        {SCRIPT_LOADED "*2147483647\r\n", FLOODS, 0, "unexpected type"},
        {SCRIPT_LOADED "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n", FLOODS, 0,
         "unexpected type"},
    };
    check_answers(cases, sizeof(cases) / sizeof(cases[0]), "10s");
}
END_TEST

START_TEST(a_connection_that_ends_counts_what_was_answered) {
    static const struct answer_case cases[] = {
        {"", HANGS_UP, 0, "lost connection: "},
        {"$40\r\n01234", HANGS_UP, 0, "lost connection: "},
        {SCRIPT_LOADED, HANGS_UP, 0, "lost connection: "},
        {SCRIPT_LOADED ":1\r\n:1\r\n:", HANGS_UP, 2, "lost connection: "},
        {SCRIPT_LOADED ":1\r\n:0\r\n:1\r\n", HANGS_UP, 3, NULL},
    };
    check_answers(cases, sizeof(cases) / sizeof(cases[0]), "10s");
}
END_TEST

START_TEST(silence_ends_with_the_timeout) {
    static const struct answer_case cases[] = {
        {"", STAYS, 0, "timeout: no answer within 1000 ms"},
        {SCRIPT_LOADED ":1\r\n", STAYS, 1, "timeout: "},
        /* Time counts for the whole exchange: a byte now and then does not buy more. */
        {"+", TRICKLES, 0, "timeout: "},
        {SCRIPT_LOADED "+", TRICKLES, 0, "timeout: "},
    };
    check_answers(cases, sizeof(cases) / sizeof(cases[0]), "1s");
}
END_TEST

START_TEST(answers_nobody_asked_for_do_not_count_for_the_next_batch) {
    /* Three events are answered five times: the last two are not for the batch that comes then. */
    server_on_socket(SCRIPT_LOADED ":1\r\n:1\r\n:1\r\n:1\r\n-OOM full\r\n", STAYS);
    struct sink sink = sink_open(NULL);
    ck_assert_uint_eq(sink_publish(&sink, 0, 3), 3);
    ck_assert_uint_eq(sink_publish(&sink, 3, 3), 3);
    assert_lines(&sink, NULL);
    sink_close(&sink);
}
END_TEST

START_TEST(a_password_is_never_logged) {
    char path[sizeof(test_socket)];
    password_file(path, "swordfish\n", 0600);
    server_on_socket("-ERR unknown command 'AUTH', with args beginning with: 'swordfish'\r\n",
                     STAYS);
    struct sink sink = sink_open((struct fake_value[]){{"password_file", path}, {0}});
    ck_assert_uint_eq(sink_publish(&sink, 0, 1), 0);
    assert_lines(&sink, "AUTH was refused", NULL);
    ck_assert_ptr_null(strstr(sink.instance->lines[0].text, "swordfish"));
    sink_close(&sink);
}
END_TEST

START_TEST(more_than_a_batch_is_cut) {
    char bytes[4096] = SCRIPT_LOADED;
    for (int i = 0; i < 200; i++)
        strcat(bytes, ":1\r\n");
    server_on_socket(bytes, STAYS);
    struct sink sink = sink_open(NULL);
    ck_assert_uint_eq(sink_publish(&sink, 0, 201), 200);
    assert_lines(&sink, NULL);
    sink_close(&sink);
}
END_TEST

START_TEST(a_broken_pipe_does_not_end_the_process) {
    sigset_t before;
    int ends[2];
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    close(ends[1]);
    broken_pipe_hold(&before);
    ck_assert_int_eq(write(ends[0], "x", 1), -1);
    ck_assert_int_eq(errno, EPIPE);
    broken_pipe_release(&before);
    ck_assert(!sigismember(&before, SIGPIPE));
    sigset_t pending;
    sigpending(&pending);
    ck_assert(!sigismember(&pending, SIGPIPE));
    close(ends[0]);
}
END_TEST

/* ---- servers by name ---------------------------------------------------------------------- */

/* A listener on a port that was free; -1: the family is not there. */
static int listener_on(int family, int *port) {
    struct sockaddr_in inet = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in6 inet6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    bool is_inet = family == AF_INET;
    struct sockaddr *address = is_inet ? (struct sockaddr *)&inet : (struct sockaddr *)&inet6;
    socklen_t size = is_inet ? sizeof(inet) : sizeof(inet6);
    int listener = socket(family, SOCK_STREAM, 0);

    if (listener < 0 || bind(listener, address, size) < 0) {
        if (listener >= 0)
            close(listener);
        return -1;
    }
    ck_assert_int_eq(getsockname(listener, address, &size), 0);
    *port = ntohs(is_inet ? inet.sin_port : inet6.sin6_port);
    return listener;
}

START_TEST(servers_on_the_network_are_reached) {
    static const struct {
        int family;
        const char *format;
    } cases[] = {{AF_INET, "inet:%d@127.0.0.1"},
                 {AF_INET, "inet:%d@localhost"},
                 {AF_INET6, "inet6:%d@[::1]"},
                 {AF_INET6, "inet6:%d@::1"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char name[64];
        int port = 0, listener = listener_on(cases[i].family, &port);
        if (listener < 0 && cases[i].family == AF_INET6)
            continue; /* a machine without IPv6 */
        ck_assert_int_ge(listener, 0);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(name, sizeof(name), cases[i].format, port);
#pragma GCC diagnostic pop
        server_start(listener, SCRIPT_LOADED ":1\r\n:1\r\n", STAYS);
        struct sink sink = sink_open((struct fake_value[]){{"server", name}, {0}});
        ck_assert_uint_eq(sink_publish(&sink, 0, 2), 2);
        assert_lines(&sink, NULL);
        sink_close(&sink);
        server_stop();
    }
}
END_TEST

START_TEST(a_port_without_server_is_an_error_for_later) {
    char name[64];
    int port = 0, listener = listener_on(AF_INET, &port); /* bound, and nobody listens */
    ck_assert_int_ge(listener, 0);
    snprintf(name, sizeof(name), "inet:%d@127.0.0.1", port);
    struct sink sink = sink_open((struct fake_value[]){{"server", name}, {0}});
    ck_assert_uint_eq(sink_publish(&sink, 0, 2), 0);
    assert_lines(&sink, "connect: Connection refused", NULL);
    sink_close(&sink);
    close(listener);
}
END_TEST

/* ---- options ------------------------------------------------------------------------------ */

/* Opens with these values; gives the option that was refused, or "" when all is well. */
static const char *opened(const struct fake_value *values, struct settings *settings) {
    static char name[32];
    struct patchmark_instance *instance = fake_instance_new(plugin.options, values);
    void *self = NULL;
    int result = plugin.open(instance, &self);

    *name = '\0';
    if (result == 0) {
        ck_assert_uint_eq(instance->line_count, 0);
        *settings = ((struct redis *)self)->settings;
        plugin.close(self);
    } else {
        ck_assert_int_eq(result, -1);
        ck_assert_uint_eq(instance->line_count, 1);
        ck_assert_int_eq(instance->lines[0].level, 0);
        ck_assert_int_eq(sscanf(instance->lines[0].text, "%31s", name), 1);
    }
    fake_instance_free(instance);
    return name;
}

#define BYTES_100                                                                                  \
    "01234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901" \
    "23"                                                                                           \
    "456789"

START_TEST(the_server_is_a_socket_or_a_port_at_a_host) {
    static const struct {
        const char *server, *host; /* NULL: refused */
        int port;
    } cases[] = {
        {NULL, "127.0.0.1", 6379},
        {"unix:/run/redis/redis-server.sock", "/run/redis/redis-server.sock", 0},
        {"unix:/a@b:c d", "/a@b:c d", 0},
        {"inet:6379@127.0.0.1", "127.0.0.1", 6379},
        {"inet:1@redis.example.org", "redis.example.org", 1},
        {"inet:65535@redis", "redis", 65535},
        {"inet6:6379@[::1]", "::1", 6379},
        {"inet6:6379@::1", "::1", 6379},
        {"inet6:6379@[2001:db8::1]", "2001:db8::1", 6379},
        /* sun_path has 108 bytes with the NUL */
        {"unix:/" BYTES_100 "123456", "/" BYTES_100 "123456", 0},
        {"unix:/" BYTES_100 "1234567", NULL, 0},
        {"inet:6379@" BYTES_100 "1234567", BYTES_100 "1234567", 6379},
        {"inet:6379@" BYTES_100 "12345678", NULL, 0},
        {"", NULL, 0},
        {"unix:", NULL, 0},
        {"unix:redis.sock", NULL, 0},
        {"/run/redis.sock", NULL, 0},
        {"redis://127.0.0.1", NULL, 0},
        {"127.0.0.1:6379", NULL, 0},
        {"inet:", NULL, 0},
        {"inet:6379", NULL, 0},
        {"inet:6379@", NULL, 0},
        {"inet:@127.0.0.1", NULL, 0},
        {"inet:0@127.0.0.1", NULL, 0},
        {"inet:65536@127.0.0.1", NULL, 0},
        {"inet:99999999999999999999@127.0.0.1", NULL, 0},
        {"inet: 1@127.0.0.1", NULL, 0},
        {"inet:+1@127.0.0.1", NULL, 0},
        {"inet:-1@127.0.0.1", NULL, 0},
        {"inet:6379@127.0.0.1/0", NULL, 0},
        {"inet:6379@two words", NULL, 0},
        {"inet:6379@user@host", NULL, 0},
        /* hiredis tries IPv4 first whatever we say, so the family is held by the address */
        {"inet:6379@::1", NULL, 0},
        {"inet:6379@[::1]", NULL, 0},
        {"inet6:6379@127.0.0.1", NULL, 0},
        {"inet6:6379@localhost", NULL, 0},
        {"inet6:6379@[::1", NULL, 0},
        {"inet6:6379@[]", NULL, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fake_value values[] = {{cases[i].server ? "server" : NULL, cases[i].server}, {0}};
        struct settings settings = {0};
        const char *wrong = opened(values, &settings);
        if (cases[i].host) {
            ck_assert_msg(!*wrong, "%s was refused", cases[i].server);
            ck_assert_str_eq(settings.host, cases[i].host);
            ck_assert_int_eq(settings.port, cases[i].port);
        } else {
            ck_assert_msg(strcmp(wrong, "server") == 0, "%s was taken", cases[i].server);
        }
    }
}
END_TEST

START_TEST(names_of_keys_must_not_be_empty) {
    struct settings settings;
    ck_assert_str_eq(opened((struct fake_value[]){{"stream", ""}, {0}}, &settings), "stream");
    ck_assert_str_eq(opened((struct fake_value[]){{"seen", ""}, {0}}, &settings), "seen");
    ck_assert_str_eq(opened((struct fake_value[]){{"channel", ""}, {0}}, &settings), "");
}
END_TEST

START_TEST(the_password_is_the_first_line_of_a_private_file) {
    static char longest[513], too_long[514];
    memset(longest, 'x', 511);
    longest[511] = '\n';
    memset(too_long, 'x', 512);
    const struct {
        const char *text;
        mode_t mode;
        size_t length; /* 0: refused */
    } cases[] = {
        {"secret", 0600, 6},
        {"secret\n", 0400, 6},
        {"secret\r\nmore", 0640, 6},
        {" se cret \n", 0600, 9},
        {longest, 0600, 511},
        {too_long, 0600, 0},
        {"", 0600, 0},
        {"\nsecret", 0600, 0},
        {"\r\n", 0600, 0},
        {"secret\n", 0644, 0},
        {"secret\n", 0602, 0},
        {"secret\n", 0604, 0},
    };
    struct settings settings;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char path[sizeof(test_socket)];
        password_file(path, cases[i].text, cases[i].mode);
        const char *wrong = opened((struct fake_value[]){{"password_file", path}, {0}}, &settings);
        ck_assert_msg(strcmp(wrong, cases[i].length ? "" : "password_file") == 0, "case %zu", i);
        if (cases[i].length) {
            ck_assert_uint_eq(settings.password_length, cases[i].length);
            ck_assert_mem_eq(settings.password, cases[i].text, cases[i].length);
        }
    }
    /* A folder, nothing at all, and a pipe, that must not make us wait for a writer. */
    char fifo[sizeof(test_socket)];
    snprintf(fifo, sizeof(fifo), "%s/fifo", test_folder);
    ck_assert_int_eq(mkfifo(fifo, 0600), 0);
    const char *const paths[] = {test_folder, "/nonexistent/password", fifo};
    for (size_t i = 0; i < 3; i++)
        ck_assert_str_eq(opened((struct fake_value[]){{"password_file", paths[i]}, {0}}, &settings),
                         "password_file");
}
END_TEST

START_TEST(a_user_needs_a_password) {
    struct settings settings;
    ck_assert_str_eq(opened((struct fake_value[]){{"username", "x"}, {0}}, &settings), "username");
    ck_assert_str_eq(opened((struct fake_value[]){{"username", ""}, {0}}, &settings), "");
    ck_assert_ptr_null(settings.username);
}
END_TEST

/* ------------------------------------------------------------------------------------------- */

static void add_tests(TCase *tcase) {
    tcase_add_test(tcase, errors_are_logged_once_with_their_text);
    tcase_add_test(tcase, answers_of_a_wrong_kind_end_the_connection);
    tcase_add_test(tcase, sizes_do_not_make_us_allocate);
    tcase_add_test(tcase, a_connection_that_ends_counts_what_was_answered);
    tcase_add_test(tcase, silence_ends_with_the_timeout);
    tcase_add_test(tcase, answers_nobody_asked_for_do_not_count_for_the_next_batch);
    tcase_add_test(tcase, a_password_is_never_logged);
    tcase_add_test(tcase, more_than_a_batch_is_cut);
    tcase_add_test(tcase, a_broken_pipe_does_not_end_the_process);
    tcase_add_test(tcase, servers_on_the_network_are_reached);
    tcase_add_test(tcase, a_port_without_server_is_an_error_for_later);
    tcase_add_test(tcase, the_server_is_a_socket_or_a_port_at_a_host);
    tcase_add_test(tcase, names_of_keys_must_not_be_empty);
    tcase_add_test(tcase, the_password_is_the_first_line_of_a_private_file);
    tcase_add_test(tcase, a_user_needs_a_password);
}

int main(void) {
    return test_run("redis-hostile", add_tests, setup, server_stop);
}
