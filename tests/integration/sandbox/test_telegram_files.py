import dataclasses
import io
import os
import struct
import zlib

import pytest
from telethon import errors, functions, types, utils

from project.core.errors import InvalidInput
from project.sandbox.faults import FaultRule, Phase
from project.sandbox.telegram.messages import NewFile


def png(width=3, height=2):
    """A valid image of one colour."""

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    rows = b"".join(b"\0" + b"\x40\x80\xc0" * width for _ in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def named(data, name):
    file = io.BytesIO(data)
    file.name = name
    return file


async def newest(pair):
    return (await pair.reader.get_messages(pair.at(pair.reader), limit=1))[0]


async def test_a_photo_travels_with_its_caption(world, pair):
    await pair.writer.send_file(pair.at(pair.writer), named(png(), "a.png"), caption="**look**")
    message = await newest(pair)

    assert (message.message, message.photo.sizes[0].w, message.photo.sizes[0].h) == ("look", 3, 2)
    assert await message.download_media(bytes) == png()
    stored = world.messages(pair.channel)[0].file
    assert (stored.photo, world.file_data(stored.id)) == (True, png())


@pytest.mark.parametrize("size", [1, 300_000, 11 * 1024 * 1024 + 7])
async def test_documents_of_any_size_travel_in_parts(world, pair, size):
    data = os.urandom(size)
    await pair.writer.send_file(pair.at(pair.writer), named(data, "näme.bin"), force_document=True)
    message = await newest(pair)

    assert (message.file.name, message.file.size) == ("näme.bin", size)
    assert await message.download_media(bytes) == data


async def test_an_album_is_one_group_under_consecutive_ids(world, pair):
    files = [named(png(n, 2), f"{n}.png") for n in (1, 2, 3)]
    await pair.writer.send_file(pair.at(pair.writer), files, caption=["one", "", "three"])
    posted = world.messages(pair.channel)

    assert [m.id for m in posted] == [2, 3, 4]
    assert [m.text for m in posted] == ["one", "", "three"]
    assert len({m.group_id for m in posted}) == 1
    read = await pair.reader.get_messages(pair.at(pair.reader), limit=3)
    assert {m.grouped_id for m in read} == {posted[0].group_id}


async def test_the_verb_posts_albums_too(world, pair):
    first = world.post(
        pair.channel,
        "caption",
        files=[NewFile("a.png", "image/png", png(), photo=True), NewFile("b.png", "image/png", png(), photo=True)],
    )
    assert [m.id for m in world.messages(pair.channel)] == [first, first + 1]


async def test_a_spoiler_stays_one_and_a_kept_file_is_sent_again(world, pair):
    file = await pair.writer.upload_file(png(), file_name="a.png")
    media = types.InputMediaUploadedPhoto(file, spoiler=True)
    own = pair.at(pair.writer)
    world.faults.add(FaultRule("messages.sendMedia", Phase.BEFORE, 420, "FLOOD_WAIT_9"))
    with pytest.raises(errors.FloodWaitError):
        await pair.writer(functions.messages.SendMediaRequest(own, media, "first"))
    pair.writer._flood_waited_requests.clear()
    await pair.writer(functions.messages.SendMediaRequest(own, media, "second"))
    message = await newest(pair)

    assert (message.message, message.media.spoiler) == ("second", True)
    plain = types.InputMediaPhoto(utils.get_input_photo((await pair.writer.get_messages(own, limit=1))[0].photo))
    await pair.writer(functions.messages.SendMediaRequest(own, plain, "third"))
    assert (await newest(pair)).media.spoiler is False


async def test_references_expire_and_are_renewed_with_the_message(world, pair):
    world.post(pair.channel, "", files=[NewFile("a.txt", "text/plain", b"hello")])
    message = await newest(pair)
    world.expire_file_references()
    location = utils._get_file_info(message.media)[1]
    with pytest.raises(errors.FileReferenceExpiredError):
        await pair.reader(functions.upload.GetFileRequest(location, 0, 4096))

    assert await (await newest(pair)).download_media(bytes) == b"hello"


async def test_references_expire_by_time(world, pair):
    world.post(pair.channel, "", files=[NewFile("a.txt", "text/plain", b"hello")])
    message = await newest(pair)
    world.configure(dataclasses.replace(world.state.settings, file_reference_lifetime=0.0))
    with pytest.raises(errors.FileReferenceExpiredError):
        await pair.reader(functions.upload.GetFileRequest(utils._get_file_info(message.media)[1], 0, 4096))


async def test_a_location_is_worth_nothing_to_another_account(world, pair):
    world.post(pair.channel, "", files=[NewFile("a.txt", "text/plain", b"hello")])
    location = utils._get_file_info((await newest(pair)).media)[1]
    with pytest.raises(errors.LocationInvalidError):
        await pair.writer(functions.upload.GetFileRequest(location, 0, 4096))


@pytest.mark.parametrize(
    ("offset", "limit", "error"),
    [
        (1, 4096, errors.OffsetInvalidError),
        (0, 4095, errors.LimitInvalidError),
        (0, 2 * 1024 * 1024, errors.LimitInvalidError),
        (4096, 1024 * 1024, errors.LimitInvalidError),
    ],
)
async def test_windows_that_telegram_refuses(world, pair, offset, limit, error):
    world.post(pair.channel, "", files=[NewFile("a.txt", "text/plain", b"hello")])
    location = utils._get_file_info((await newest(pair)).media)[1]
    with pytest.raises(error):
        await pair.reader(functions.upload.GetFileRequest(location, offset, limit))


async def upload(pair, parts):
    for number, data in enumerate(parts):
        if data is not None:
            await pair.writer(functions.upload.SaveFilePartRequest(77, number, data))
    file = types.InputFile(77, len(parts), "x.bin", "")
    media = types.InputMediaUploadedDocument(file, "application/octet-stream", [])
    await pair.writer(functions.messages.SendMediaRequest(pair.at(pair.writer), media, "caption"))


@pytest.mark.parametrize(
    ("parts", "error"),
    [
        ([b"x" * 1024, None, b"y"], errors.FilePartMissingError),
        ([b"x" * 1000, b"y"], errors.FilePartSizeInvalidError),
        ([b"x" * 1024, b"y" * 2048, b"z"], errors.FilePartSizeChangedError),
        ([b"x" * (512 * 1024 + 1)], errors.FilePartTooBigError),
        ([b""], errors.FilePartEmptyError),
    ],
)
async def test_uploads_that_telegram_refuses(world, pair, parts, error):
    with pytest.raises(error):
        await upload(pair, parts)
    assert world.messages(pair.channel) == []


async def test_a_damaged_upload_and_a_photo_that_is_none_are_refused(world, pair):
    await pair.writer(functions.upload.SaveFilePartRequest(78, 0, b"not an image"))
    bad_sum = types.InputMediaUploadedPhoto(types.InputFile(78, 1, "x.png", "0" * 32))
    no_image = types.InputMediaUploadedPhoto(types.InputFile(78, 1, "x.png", ""))
    own = pair.at(pair.writer)
    with pytest.raises(errors.Md5ChecksumInvalidError):
        await pair.writer(functions.messages.SendMediaRequest(own, bad_sum, ""))
    with pytest.raises(errors.ImageProcessFailedError):
        await pair.writer(functions.messages.SendMediaRequest(own, no_image, ""))


async def test_captions_are_shorter_than_texts(world, pair):
    with pytest.raises(errors.MediaCaptionTooLongError):
        await pair.writer.send_file(pair.at(pair.writer), named(b"x", "x.txt"), caption="c" * 1025)
    with pytest.raises(InvalidInput, match="MEDIA_CAPTION_TOO_LONG"):
        world.post(pair.channel, "c" * 1025, files=[NewFile("x", "text/plain", b"x")])
    assert world.messages(pair.channel) == []


async def test_files_of_protected_chats_may_not_be_sent_by_reference(world, pair):
    safe = world.create_channel("Safe", members=[pair.writer_id], protected=True)
    world.post(safe, "", files=[NewFile("a.txt", "text/plain", b"secret")])
    await pair.writer.get_dialogs()
    (message,) = await pair.writer.get_messages(types.PeerChannel(safe), limit=1)
    assert message.noforwards
    with pytest.raises(errors.ChatForwardsRestrictedError):
        await pair.writer.send_file(pair.at(pair.writer), message.document)
