select queue.maintain();
