from telethon import events

from .conftest import collect, eventually


async def test_a_user_logs_in_reads_and_hears(world, clients):
    alice, bob = world.create_user("+99911", "Alice"), world.create_user("+99922", "Bob")
    news = world.create_channel("News", members=[bob], admins=[alice], username="newsroom")
    world.post(news, "first")
    writer, reader = await clients.user("+99911"), await clients.user("+99922")
    heard = []
    reader.add_event_handler(collect(heard), events.NewMessage)

    dialogs = await reader.get_dialogs()
    assert [(dialog.name, dialog.message.message) for dialog in dialogs] == [("News", "first")]
    sent = await writer.send_message("newsroom", "hello **bold**")
    await eventually(lambda: heard)

    assert (heard[0].raw_text, heard[0].id, heard[0].message.post) == ("hello bold", sent.id, True)
    assert [m.message for m in await reader.get_messages(dialogs[0].input_entity, limit=10)][:2] == [
        "hello bold",
        "first",
    ]
    stored = world.messages(news)
    assert [(m.text, m.author_id) for m in stored] == [("first", None), ("hello bold", alice)]
    assert world.counters().unknown_methods == {}
    assert world.counters().concurrent_owners == 1
